"""LabelMe JSON: the shapes of one picture."""

import base64
import binascii
import struct
from collections.abc import Sequence
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, Region

from .annotations import Annotated, AnnotationFormat
from .entry import Entry
from .json_safe import json_value
from .left_out import LeftOut, quoted
from .raster import check_size
from .region_checks import box_region, label_of, numbers, polygon_region
from .text_lines import COPY

_PNG = b"\x89PNG\r\n\x1a\n"


class LabelMe(AnnotationFormat):
    """Rectangles, polygons and points of one picture; a picture packed into the file is not taken out."""

    name, title, suffixes = "labelme", "Shapes (LabelMe)", (".json",)

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it is JSON that speaks of shapes."""
        return entry.suffix in self.suffixes and b'"shapes"' in head

    def annotated(
        self, entry: Entry, problems: list[Problem], left_out: LeftOut, names: Sequence[str] = ()
    ) -> list[Annotated]:
        """Return the shapes of the picture."""
        value = json_value(entry, problems)
        if not isinstance(value, dict) or not isinstance(value.get("shapes"), list):
            raise Fault(entry.name, "it holds no list of shapes", COPY)
        if isinstance(value.get("imageData"), str):
            _check_packed(entry, value["imageData"])
            problems.append(Problem(entry.name, "the picture packed into it was not taken out"))
        sides = (value.get("imageWidth"), value.get("imageHeight"))
        size = sides if all(isinstance(side, int) and 0 < side < 10**9 for side in sides) else None
        regions, places = [], []
        for number, shape in enumerate(value["shapes"], 1):
            made = _region(shape) if isinstance(shape, dict) else "it is no shape"
            if isinstance(made, str):
                left_out.add(f"object {number}", made)
            else:
                regions.append(made)
                places.append(f"object {number}")
        picture = value.get("imagePath")
        named = isinstance(picture, str) and bool(picture)
        return [
            Annotated(str(picture) if named else entry.stem, tuple(regions), tuple(places), size, by_stem=not named)  # type: ignore[arg-type]
        ]


def _region(shape: dict[str, Any]) -> Region | str:
    """Return a shape as a region, or what is wrong with it."""
    kind = shape.get("shape_type", "polygon")
    stated = shape.get("points")
    points = [numbers(point, 2) for point in stated] if isinstance(stated, list) else [None]
    corners = [(point[0], point[1]) for point in points if point is not None]
    if len(corners) < len(points) or not points:
        return f"the shape {quoted(kind)} has a point that is not two numbers"
    label = label_of(shape.get("label"))
    if not label:
        return f"the shape {quoted(kind)} has no label"
    if kind == "rectangle" and len(corners) == 2:
        (x0, y0), (x1, y1) = corners
        return box_region(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), label)
    if kind == "polygon":
        return polygon_region(corners, label)
    if kind == "point" and len(corners) == 1:
        return Region("point", tuple(corners), label)
    return f"the shape {quoted(kind)} of {len(corners)} points is not opened (rectangles, polygons, points are)"


def _check_packed(entry: Entry, text: str) -> None:
    """Raise `Fault` where the picture within claims more pixels than may be, by its first bytes alone."""
    try:
        head = base64.b64decode(text[:64], validate=True)
    except (binascii.Error, ValueError):
        raise Fault(entry.name, "the picture packed into it is damaged", COPY) from None
    if head.startswith(_PNG) and len(head) >= 24:
        check_size(entry, *struct.unpack(">II", head[16:24]))
