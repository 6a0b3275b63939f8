"""From paths to samples: what the window, the command line and the jobs all call."""

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path, PurePosixPath

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Dataset, Problem

from .entry import Entry, Tree, entry_of
from .keys import with_unique_keys
from .layouts import LAYOUTS
from .listed import FORMATS
from .listing import list_archive, list_folder, list_paths
from .never_opened import refuse_never_opened
from .reading import format_of, is_image_name
from .sequence_table import SEQUENCE
from .side_tables import FILE, SURE, index_of
from .table import TABLES, header_of
from .zarr_entry import MARKS

_SHOWN = 5


def open_data(paths: Sequence[Path], without: Set[Path] = frozenset()) -> Dataset:
    """Return the samples of a file, of several files, or of a folder, pixels unread; files ``without`` are passed by.

    A broken file among others becomes a problem of the dataset; raises `Fault` where nothing can be opened.
    """
    paths = [Path(path) for path in paths]
    if not paths:
        raise Fault("nothing to open", "no file was named", "Choose a file or a folder")
    problems: list[Problem] = []
    if len(paths) > 1:
        return _whole(_of_tree(_kept(list_paths(paths, problems), without), problems), problems)
    if paths[0].is_dir():
        tree = _kept(list_folder(paths[0], problems), without)
        if len(tree.entries) == 1 and tree.entries[0].source.name in MARKS:
            return _whole(_of_file(tree.entries[0], problems), problems)
        return _whole(_of_tree(tree, problems), problems)
    return _whole(_of_file(entry_of(paths[0]), problems), problems)


def _kept(tree: Tree, without: Set[Path]) -> Tree:
    return replace(tree, entries=tuple(e for e in tree.entries if e.source not in without)) if without else tree


def _whole(dataset: Dataset, problems: list[Problem]) -> Dataset:
    if dataset.samples:
        return replace(dataset, problems=_merged(problems))
    name = dataset.source or dataset.name
    if not problems:
        raise Fault(name, "it holds nothing that can be opened", _known_kinds())
    if len(problems) == 1:
        raise Fault(problems[0].what, problems[0].message, "Choose another file")
    told = "; ".join(str(problem) for problem in problems[:3]) + (" ..." if len(problems) > 3 else "")
    raise Fault(name, f"nothing in it can be opened ({told})", "Choose other files")


def _merged(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems with those of equal words told once, for all their files."""
    files: dict[str, list[str]] = {}
    for problem in problems:
        files.setdefault(problem.message, []).append(problem.what)
    return tuple(Problem(_some(list(dict.fromkeys(names))), message) for message, names in files.items())


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _known_kinds() -> str:
    suffixes = sorted({suffix for known in FORMATS for suffix in known.suffixes})
    return f"These can be opened: {', '.join(suffixes)} and folders or .zip files of them"


def _of_file(entry: Entry, problems: list[Problem]) -> Dataset:
    entry = replace(entry, path=PurePosixPath(entry.path.name))
    head = entry.head()
    refuse_never_opened(entry, head)
    known = format_of(entry)
    if known is None and head.startswith(b"PK\3\4") and entry.suffix == ".zip":
        return _of_tree(list_archive(entry, problems), problems)
    if known is None:
        raise Fault(entry.name, "it is of no format that is known", _known_kinds())
    if entry.suffix in TABLES and (listed := _of_index(entry, problems)) is not None:
        return listed
    samples = with_unique_keys(list(known.read(entry, problems)))
    return Dataset(entry.stem, samples, known.classes(entry), source=entry.source)


def _of_index(entry: Entry, problems: list[Problem]) -> Dataset | None:
    """Return the images that a table lists, where it is a table of images; None otherwise."""
    names = {name.lower() for name in header_of(entry, entry.head())}
    if names.intersection(SEQUENCE) or not names.intersection(FILE):
        return None
    tree = replace(list_folder(entry.source.parent, []), index=entry)
    if names.intersection(FILE[:SURE]):
        return _of_tree(tree, problems)
    images = [entry for entry in tree.entries if is_image_name(entry)]
    index = index_of(tree, []) if images or any(entry.suffix == ".zip" for entry in tree.entries) else None
    if index is None or (images and not any(index.row(entry) for entry in images)):
        return None
    matches = any(LAYOUTS[name].matches(tree) for name in ("index", "paired"))
    return _of_tree(tree, problems) if matches else None


def _of_tree(tree: Tree, problems: list[Problem]) -> Dataset:
    layout = next(layout for layout in LAYOUTS if layout.matches(tree))
    tops = {entry.path.parts[0] for entry in tree.entries}
    if layout is LAYOUTS["flat"] and len(tops) == 1 and all(len(entry.path.parts) > 1 for entry in tree.entries):
        inner = tuple(replace(e, path=PurePosixPath(*e.path.parts[1:])) for e in tree.entries)
        return _of_tree(replace(tree, entries=inner), problems)
    return layout.read(tree, problems)
