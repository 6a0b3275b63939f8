"""YOLO text files: the boxes or outlines of one picture, in parts of its width and height."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, Region

from .annotations import Annotated, AnnotationFormat
from .entry import Entry, entry_of
from .left_out import LeftOut, quoted
from .region_checks import box_region, label_of, polygon_region
from .text_lines import cut_at_the_end, numbered, text_of
from .yaml_safe import yaml_data

NAME_FILES = ("classes.txt", "obj.names", "data.yaml", "data.yml", "dataset.yaml")
_CLASS = re.compile(rb"\d{1,5}")
_SHARE = re.compile(rb"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE]-?\d+)?")


class Yolo(AnnotationFormat):
    """One object a line: its class, then middle and size of a box, or the corners of an outline."""

    name, title, suffixes = "yolo", "Boxes (YOLO)", (".txt",)

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first line is a class and at least four numbers."""
        first, *values = head.lstrip().partition(b"\n")[0].split() or [b""]
        looks = len(values) >= 4 and _CLASS.fullmatch(first) and all(map(_SHARE.fullmatch, values[:4]))
        return entry.suffix in self.suffixes and bool(looks)

    def annotated(
        self, entry: Entry, problems: list[Problem], left_out: LeftOut, names: Sequence[str] = ()
    ) -> list[Annotated]:
        """Return the objects of the picture of the same name."""
        text = text_of(entry, problems, "YOLO")
        names = names or _names_beside(entry, problems)
        regions, places = [], []
        for number, line in numbered(text):
            place = f"line {number}"
            made = _region(line.split(), names)
            if isinstance(made, str):
                left_out.add(place, made + cut_at_the_end(text, number))
                continue
            if not names:
                left_out.doubt(place, f"the class {made.label} has no name: no {NAME_FILES[0]} or data.yaml is there")
            regions.append(made)
            places.append(place)
        return [Annotated(entry.stem, tuple(regions), tuple(places), unit="share", by_stem=True)]


def _region(words: list[str], names: Sequence[str]) -> Region | str:
    """Return a line's region, or what is wrong with it."""
    try:
        number, values = int(words[0]), [float(word) for word in words[1:]]
    except ValueError:
        return f"{quoted(' '.join(words))} is not a class and numbers"
    if names and not 0 <= number < len(names):
        return f"the class {number} is not among the {len(names)} that are named"
    label = names[number] if names else str(number)
    if not all(-10 < value < 10 for value in values):
        return "its numbers are not parts of the picture (0 to 1)"
    if len(values) in (4, 5):
        across, down, width, height = values[:4]
        score = values[4] if len(values) == 5 else None
        return box_region(across - width / 2, down - height / 2, width, height, label, score)
    if len(values) >= 6 and len(values) % 2 == 0:
        return polygon_region(tuple(zip(values[::2], values[1::2])), label)
    return f"it has {len(values)} numbers after the class, a box has 4"


def names_in(entry: Entry, problems: list[Problem]) -> tuple[str, ...]:
    """Return the classes that a file of names states; places in it are not followed."""
    text = text_of(entry, problems, "list of classes", 300_000)
    if entry.suffix not in (".yaml", ".yml"):
        return tuple(label_of(line.strip()) for _, line in numbered(text))
    value = yaml_data(entry, text).value
    return _listed(entry, value.get("names") if isinstance(value, dict) else None)


def _listed(entry: Entry, names: Any) -> tuple[str, ...]:
    """Return names of a list, or of numbers with their names."""
    if isinstance(names, dict):
        if sorted(names) != sorted(map(str, range(len(names)))):
            raise Fault(entry.name, "the numbers of its names do not run from 0 without a gap", "Mend the list 'names'")
        names = [names[str(number)] for number in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Fault(entry.name, "it states no names of classes", "Add a list 'names'")
    return tuple(map(label_of, names))


def _names_beside(entry: Entry, problems: list[Problem]) -> tuple[str, ...]:
    if not entry.on_disk:
        return ()
    for name in NAME_FILES:
        path = entry.source.parent / name
        if path.is_file() and not path.is_symlink() and path != entry.source:
            return names_in(entry_of(path, str(PurePosixPath(name))), problems)
    return ()
