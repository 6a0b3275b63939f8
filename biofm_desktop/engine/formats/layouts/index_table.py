"""``index.csv``: a row an image with its class and split; the images lie beside it or in one .zip beside it."""

from dataclasses import replace
from typing import Any, cast

from biofm_desktop.engine.samples import Dataset, Problem

from ..base import Layout
from ..entry import Entry, Tree
from ..keys import natural, with_unique_keys
from ..listing import list_archive
from ..reading import images_of, is_image_name
from ..sequence_table import SEQUENCE
from ..side_tables import FILE, SURE, Index, classes_of, index_of

_SHOWN = 5


class IndexTable(Layout):
    """Images that a table lists."""

    name, title = "index", "Images listed in index.csv"

    def matches(self, tree: Tree) -> bool:
        """Say whether there is an index that names files and images that it can mean."""
        index = index_of(tree, [])
        if index is None or not (index.target is not None or index.has_split):
            return False
        sure = index.table.column(*FILE[:SURE]) is not None and index.table.column(*SEQUENCE) is None
        return sure or _archive(tree) is not None or any(is_image_name(entry) for entry in tree.entries)

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return the images of the rows, in their order; a row without its file becomes a problem."""
        index = index_of(tree, problems)
        if index is None:
            return Dataset(tree.name, (), source=tree.root)
        files = tree
        archive = _archive(tree)
        if archive is not None and not any(is_image_name(entry) for entry in tree.entries):
            files = list_archive(archive, problems)
        entries = _listed(index, files, problems)
        samples, places = [], []
        for entry, sample in images_of(entries, problems):
            facts = index.facts(index.row(entry) or ())
            samples.append(replace(sample, **cast("dict[str, Any]", facts)))
            places.append(entry.path)
        met = sorted({str(s.target) for s in samples if s.target is not None}, key=natural)
        stated = classes_of(tree, problems)
        classes = stated if stated and set(met) <= set(stated) else tuple(met)
        return Dataset(tree.name, with_unique_keys(samples, places), classes, source=tree.root)


def _archive(tree: Tree) -> Entry | None:
    """Return the one .zip at the top; None where there are none or several."""
    archives = [entry for entry in tree.entries if entry.suffix == ".zip" and len(entry.path.parts) == 1]
    return archives[0] if len(archives) == 1 and archives[0].on_disk else None


def _listed(index: Index, files: Tree, problems: list[Problem]) -> list[Entry]:
    """Return the files of the rows; names that lead outside and files that are not there become problems."""
    images = [entry for entry in files.entries if is_image_name(entry)]
    by_name = {entry.stem: entry for entry in images} | {entry.path.name: entry for entry in images}
    listed: dict[Entry, None] = {}
    outside: list[str] = []
    missing: list[str] = []
    for cell in index.files:
        if cell.startswith("/") or ".." in cell.split("/") or ":" in cell:
            outside.append(cell)
        elif (entry := files.by_path.get(cell) or by_name.get(cell)) is not None:
            listed[entry] = None
        else:
            missing.append(cell)
    name = index.table.entry.name
    if outside:
        problems.append(
            Problem(name, f"{len(outside)} of its files lie outside its folder and were not read: {_some(outside)}")
        )
    if missing:
        problems.append(Problem(name, f"{len(missing)} of its files are missing: {_some(missing)}"))
    return list(listed)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
