"""Pascal VOC XML: the boxes of one picture."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, Region

from .annotations import Annotated, AnnotationFormat
from .entry import Entry
from .left_out import LeftOut, quoted
from .region_checks import Size, box_region, label_of
from .text_lines import COPY
from .xml_safe import local, xml_root

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST = 50_000_000  # bytes
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class Voc(AnnotationFormat):
    """Boxes of one picture. VOC counts pixels from 1 and means the last one too; ours begin at 0."""

    name, title, suffixes = "voc", "Boxes (Pascal VOC)", (".xml",)

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it is XML of an annotation."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return entry.suffix in self.suffixes and start.startswith(b"<") and b"<annotation" in head

    def annotated(
        self, entry: Entry, problems: list[Problem], left_out: LeftOut, names: Sequence[str] = ()
    ) -> list[Annotated]:
        """Return the boxes of the picture."""
        root = xml_root(entry, entry.read_bytes(_MOST))
        if local(root.tag) != "annotation":
            raise Fault(entry.name, f"its first element is {quoted(local(root.tag))}, not 'annotation'", COPY)
        regions, places = [], []
        for number, found in enumerate(root.iter("object"), 1):
            made = _region(found)
            if isinstance(made, str):
                left_out.add(f"object {number}", made)
            else:
                regions.append(made)
                places.append(f"object {number}")
        name = (root.findtext("filename") or "").strip()
        picture = name or entry.stem
        return [Annotated(picture, tuple(regions), tuple(places), _size(root), by_stem=not name)]


def _size(root: "Element") -> Size | None:
    sides = [(root.findtext(f"size/{side}") or "").strip() for side in ("width", "height")]
    known = all(side.isdecimal() and len(side) < 10 and int(side) > 0 for side in sides)
    return (int(sides[0]), int(sides[1])) if known else None


def _region(found: "Element") -> Region | str:
    """Return an object's box, or what is wrong with it."""
    words = [(found.findtext(f"bndbox/{corner}") or "").strip() for corner in _CORNERS]
    try:
        left, top, right, bottom = map(float, words)
    except ValueError:
        return f"its box is not four numbers ({', '.join(map(quoted, words))})"
    if not all(map(math.isfinite, (left, top, right, bottom))):
        return "its box is not four finite numbers"
    left, top = max(left - 1, 0.0), max(top - 1, 0.0)
    return box_region(left, top, right - left, bottom - top, label_of((found.findtext("name") or "").strip()))
