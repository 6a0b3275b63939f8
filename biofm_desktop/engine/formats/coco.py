"""COCO JSON: objects of many pictures in one file."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, Region

from .annotations import Annotated, AnnotationFormat
from .coco_runs import runs_of
from .entry import Entry
from .json_safe import json_value
from .left_out import LeftOut, quoted, some
from .region_checks import Size, box_region, label_of, numbers, polygon_region

_LOOKED_FOR = "'images' and 'annotations' (COCO), 'shapes' (LabelMe), 'features' (GeoJSON) or 'rules'"


class Coco(AnnotationFormat):
    """Boxes, polygons and run lengths; the last that is asked of the formats in JSON."""

    name, title, suffixes = "coco", "Objects (COCO)", (".json",)

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending of JSON."""
        return entry.suffix in self.suffixes

    def annotated(
        self, entry: Entry, problems: list[Problem], left_out: LeftOut, names: Sequence[str] = ()
    ) -> list[Annotated]:
        """Return the objects by picture."""
        value = json_value(entry, problems)
        lists = [value.get(name) for name in ("images", "annotations")] if isinstance(value, dict) else [None]
        if not all(isinstance(found, list) for found in lists):
            raise Fault(
                entry.name, f"it is JSON of no kind that is opened; looked for {_LOOKED_FOR}", "Choose another file"
            )
        pictures = _pictures(entry, value["images"], problems)
        classes = {_id(found): label_of(found.get("name")) for found in _dicts(value.get("categories"))}
        _tell_doubled(entry, value["annotations"], problems)
        regions: dict[object, list[tuple[str, Region]]] = {identity: [] for identity in pictures}
        for number, found in enumerate(value["annotations"], 1):
            place = f"object {number}"
            fault = _misplaced(found, pictures, classes)
            if fault:
                left_out.add(place, fault)
                continue
            made = _regions(entry, found, place, pictures[_id(found, "image_id")][1], classes, left_out)
            regions[_id(found, "image_id")] += [(place, region) for region in made]
        return [
            Annotated(name, tuple(r for _, r in regions[key]), tuple(place for place, _ in regions[key]), size)
            for key, (name, size) in pictures.items()
        ]


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _id(found: dict[str, Any], name: str = "id") -> object:
    value = found.get(name)
    return value if isinstance(value, str | int) else None


def _pictures(entry: Entry, stated: list[Any], problems: list[Problem]) -> dict[object, tuple[str, Size | None]]:
    """Return name and size of each picture by its id."""
    pictures: dict[object, tuple[str, Size | None]] = {}
    for found in _dicts(stated):
        name, size = found.get("file_name"), (found.get("width"), found.get("height"))
        whole = all(isinstance(side, int) and 0 < side < 10**9 for side in size)
        key = _id(found)
        if key in pictures:
            problems.append(Problem(entry.name, f"the id {quoted(key)} of a picture is doubled; the first was taken"))
        elif isinstance(name, str):
            pictures[key] = (name, (int(size[0]), int(size[1])) if whole else None)  # type: ignore[arg-type]
        else:
            problems.append(Problem(entry.name, f"the picture of id {quoted(key)} has no file_name and was left out"))
    return pictures


def _tell_doubled(entry: Entry, stated: list[Any], problems: list[Problem]) -> None:
    times = Counter(_id(found) for found in _dicts(stated) if _id(found) is not None)
    doubled = [quoted(identity) for identity, count in times.items() if count > 1]
    if doubled:
        message = f"{len(doubled)} objects have an id that is doubled: {some(doubled)}; all are kept"
        problems.append(Problem(entry.name, message))


def _misplaced(found: Any, pictures: dict[object, Any], classes: dict[object, str]) -> str:
    """Return why an object belongs to no picture or class; empty where it does."""
    if not isinstance(found, dict):
        return "it is no object of COCO"
    if _id(found, "image_id") not in pictures:
        return f"the image of id {quoted(found.get('image_id'))} is not among the {len(pictures)} of the file"
    if _id(found, "category_id") not in classes:
        named = f"the {len(classes)} classes that are named"
        return f"its class (category id {quoted(found.get('category_id'))}) is not among {named}"
    return ""


def _regions(
    entry: Entry, found: dict[str, Any], place: str, size: Size | None, classes: dict[object, str], left_out: LeftOut
) -> list[Region]:
    """Return an object's regions: its outline's parts, else its run lengths, else its box."""
    label = classes[_id(found, "category_id")]
    score = next(iter(numbers([found.get("score")]) or ()), None)
    box = numbers(found.get("bbox"), 4)
    made = box_region(box[0], box[1], box[2], box[3], label, score) if box else None
    if made is None and found.get("bbox") is not None:
        made = "its box is not four numbers"
    if isinstance(made, str):
        left_out.add(place, made)
        return []
    if made is not None and size and not _touches(made, size):
        return [made]  # told with those of the other formats
    outline = found.get("segmentation")
    if isinstance(outline, dict):
        return [runs_of(entry, place, outline, size, label, score)]
    parts = [_polygon(part, label, score) for part in outline] if isinstance(outline, list) else []
    sound = [part for part in parts if isinstance(part, Region)]
    for fault in (part for part in parts if isinstance(part, str)):
        left_out.doubt(place, f"{fault}; {'its box was taken' if made and not sound else 'it was left out'}")
    if len(sound) > 1:
        left_out.doubt(place, "an outline of several parts was opened as several regions")
    if not sound and made is None:
        left_out.add(place, "it has neither a box nor a polygon")
    return sound or ([made] if made is not None else [])


def _touches(region: Region, size: Size) -> bool:
    left, top, width, height = region.box
    return left < size[0] and top < size[1] and left + width >= 0 and top + height >= 0


def _polygon(part: Any, label: str, score: float | None) -> Region | str:
    flat = numbers(part)
    if flat is None or len(flat) % 2:
        return f"a polygon of {len(flat) if flat is not None else 'no'} numbers is no list of points"
    return polygon_region(tuple(zip(flat[::2], flat[1::2])), label, score)
