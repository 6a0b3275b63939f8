"""Images with files of regions beside them: COCO, YOLO, Pascal VOC, LabelMe or GeoJSON."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Dataset, Problem

from ..annotations import Annotated as Stated
from ..annotations import AnnotationFormat, tell_unsafe, unsafe, with_regions
from ..base import Layout
from ..entry import Entry, Tree, shown
from ..groups import group_of
from ..keys import with_unique_keys
from ..left_out import LeftOut, some
from ..reading import format_of, images_of, is_image_name
from ..splits import split_named
from ..table import decode
from ..told import problem_of
from ..yolo import NAME_FILES, Yolo, names_in
from .paired import LABELS

_ENDINGS = (".json", ".geojson", ".xml", ".txt")
_LOOKED_AT = 20
_SPLIT_LISTS = "imagesets"


class Annotated(Layout):
    """Pictures with the regions that files beside them state; a picture that none names stays without."""

    name, title = "annotated", "Images with regions (COCO, YOLO, VOC, LabelMe, GeoJSON)"

    def matches(self, tree: Tree) -> bool:
        """Say whether there are images, files of regions, and no label pictures, which would come first."""
        candidates = [entry for entry in tree.entries if entry.suffix in _ENDINGS and not _is_list(entry)]
        if not candidates or not any(is_image_name(entry) for entry in tree.entries):
            return False
        if any(is_image_name(entry) and _folder(entry) in LABELS for entry in tree.entries):
            return False
        return any(_regions_format(entry) is not None for entry in candidates[:_LOOKED_AT])

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return all pictures, each with its regions; regions without a picture become problems."""
        pictures = [entry for entry in tree.entries if is_image_name(entry)]
        find = _finder(pictures)
        names, splits = _names(tree, problems), _splits(tree)
        told: dict[Entry, list[tuple[Stated, LeftOut]]] = {}
        counted: list[tuple[LeftOut, Entry]] = []
        for entry in (e for e in tree.entries if e.suffix in _ENDINGS and not _is_list(e)):
            known = _regions_format(entry)
            if known is None:
                continue
            left_out = LeftOut(entry, "objects")
            try:
                found = known.annotated(entry, problems, left_out, names)
            except Fault as fault:
                problems.append(problem_of(fault))
                continue
            counted.append((left_out, entry))
            _place(entry, found, left_out, find, told, problems)
        samples, places = [], []
        for entry, sample in images_of(pictures, problems):
            for stated, left_out in told.get(entry, ()):
                more = with_regions(sample, stated, left_out, problems)
                sample = replace(more, regions=sample.regions + more.regions)
            split = splits.get(entry.stem) or _split(entry)
            samples.append(replace(sample, split=split, group=group_of(entry)))
            places.append(entry.path)
        for left_out, _ in counted:
            left_out.tell(len(samples), problems, refuse=False)
        return Dataset(tree.name, with_unique_keys(samples, places), source=tree.root)


def _is_list(entry: Entry) -> bool:
    return entry.path.name.lower() in NAME_FILES or _SPLIT_LISTS in map(str.lower, entry.path.parts[:-1])


def _folder(entry: Entry) -> str:
    return entry.path.parent.name.lower()


def _regions_format(entry: Entry) -> AnnotationFormat | None:
    try:
        known = format_of(entry)
    except Fault:
        return None
    return known if isinstance(known, AnnotationFormat) else None


def _finder(pictures: Sequence[Entry]) -> Callable[[Entry, Stated], Entry | None]:
    """Return what finds the picture that an annotation file means: by its place, else by a name that is there once."""
    by_path = {str(entry.path): entry for entry in pictures}
    by_name: dict[str, list[Entry]] = {}
    by_stem: dict[str, list[Entry]] = {}
    for entry in pictures:
        by_name.setdefault(entry.path.name, []).append(entry)
        by_stem.setdefault(entry.stem, []).append(entry)

    def find(file: Entry, stated: Stated) -> Entry | None:
        if unsafe(stated.picture) and not stated.by_stem:
            return None
        place = PurePosixPath(stated.picture.replace("\\", "/"))
        near = by_path.get(str(file.path.parent / place))
        if near is not None and not stated.by_stem:
            return near
        found = by_stem.get(stated.picture, []) if stated.by_stem else by_name.get(place.name, [])
        found = found or by_stem.get(place.stem, [])
        return found[0] if len(found) == 1 else max(found, key=lambda e: _alike(e, file), default=None)

    return find


def _alike(picture: Entry, file: Entry) -> int:
    """Return how many folders a picture and an annotation file have in common (``train`` and ``train``)."""
    return len(set(picture.path.parts[:-1]) & set(file.path.parts[:-1]))


def _place(
    file: Entry,
    found: Sequence[Stated],
    left_out: LeftOut,
    find: Callable[[Entry, Stated], Entry | None],
    told: dict[Entry, list[tuple[Stated, LeftOut]]],
    problems: list[Problem],
) -> None:
    """Hand each picture what a file states of it; pictures that are not there become a problem."""
    tell_unsafe(file, [stated.picture for stated in found if not stated.by_stem], problems)
    missing = []
    for stated in found:
        picture = find(file, stated)
        if picture is None:
            missing += [shown(stated.picture[:100])] if stated.by_stem or not unsafe(stated.picture) else []
        else:
            told.setdefault(picture, []).append((stated, left_out))
    if missing:
        message = f"{len(missing)} of its pictures are missing: {some(missing)}; their regions were left out"
        problems.append(Problem(file.name, message))


def _names(tree: Tree, problems: list[Problem]) -> tuple[str, ...]:
    """Return the names of YOLO's classes, from the file of names that lies highest."""
    files = [entry for entry in tree.entries if entry.path.name.lower() in NAME_FILES]
    if not files or not any(isinstance(_regions_format(e), Yolo) for e in tree.entries if e.suffix == ".txt"):
        return ()
    try:
        return names_in(min(files, key=lambda entry: len(entry.path.parts)), problems)
    except Fault as fault:
        problems.append(problem_of(fault))
        return ()


def _splits(tree: Tree) -> dict[str, str]:
    """Return the splits by stem that VOC's lists (``ImageSets/train.txt``) state."""
    splits: dict[str, str] = {}
    for entry in tree.entries:
        split = split_named(entry.stem)
        if split and entry.suffix == ".txt" and _SPLIT_LISTS in map(str.lower, entry.path.parts[:-1]):
            words = [
                line.split()[0] for line in decode(entry, entry.read_bytes(50_000_000), []).splitlines() if line.split()
            ]
            splits.update((PurePosixPath(word).stem, split) for word in words)
    return splits


def _split(entry: Entry) -> str:
    return next((split for part in entry.path.parts[:-1] if (split := split_named(part))), "")
