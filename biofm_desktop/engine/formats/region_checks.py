"""Regions made from numbers of a file, with what is wrong with them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.samples import Region
from biofm_desktop.engine.samples.region import Point

from .entry import shown

_MOST_CORNERS = 500  # beyond, crossings are not looked for: the time grows with the square
_LONGEST = 200  # letters of a label
Size = tuple[int, int]


def label_of(word: object) -> str:
    """Return a class name from a file as plain text on one line."""
    return shown(str(word)[:_LONGEST]) if isinstance(word, str | int) else ""


def numbers(values: object, count: int = 0) -> tuple[float, ...] | None:
    """Return a list of finite numbers (``count`` of them, where stated); None where it is none."""
    if not isinstance(values, list | tuple) or (count and len(values) != count):
        return None
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    return tuple(float(value) for value in values) if all(map(math.isfinite, values)) else None


def box_region(
    left: float, top: float, width: float, height: float, label: str, score: float | None = None
) -> Region | str:
    """Return a box, or what is wrong with it."""
    if not (width > 0 and height > 0):
        return f"its box has a size of {width:g} x {height:g}"
    return Region("box", ((left, top), (left + width, top + height)), label, score)


def polygon_region(
    points: Sequence[Point], label: str, score: float | None = None, holes: tuple[tuple[Point, ...], ...] = ()
) -> Region | str:
    """Return a polygon without its last corner again, or what is wrong with it."""
    ring = tuple(points[:-1] if len(points) > 1 and points[0] == points[-1] else points)
    if len(set(ring)) < 3:
        return f"its polygon has {len(set(ring))} points, at least 3 are needed"
    return Region("polygon", ring, label, score, holes)


def fault_of_place(region: Region, size: Size | None) -> str:
    """Return what is wrong where no part of a region lies in its picture; empty where one does."""
    if size is None:
        return ""
    left, top, width, height = region.box
    if left < size[0] and top < size[1] and left + width >= 0 and top + height >= 0:
        return ""
    return f"its {region.kind} lies outside the picture, whose size is {size[0]} x {size[1]}"


def doubt_of_region(region: Region, size: Size | None) -> str:
    """Return what is odd about a region that stays; empty where nothing is."""
    left, top, width, height = region.box
    if size and (left < -1 or top < -1 or left + width > size[0] + 1 or top + height > size[1] + 1):
        return f"the {region.kind} reaches outside the picture, whose size is {size[0]} x {size[1]}"
    return ""


def crosses_itself(ring: Sequence[Point]) -> bool:
    """Say whether two edges of a closed ring that are not neighbours cross each other."""
    count = len(ring)
    if not 3 < count <= _MOST_CORNERS:
        return False
    begin = np.asarray(ring, np.float64)
    end = np.roll(begin, -1, axis=0)
    along = end - begin
    # for edges i (rows) and the corners of edges j (columns): on which side of i they lie
    at_begin = _side(along, begin[None] - begin[:, None])
    at_end = _side(along, end[None] - begin[:, None])
    parted = at_begin * at_end < 0
    both = np.triu(parted & parted.T, 2)
    return bool(both.any())


def _side(along: NDArray[np.float64], offset: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sign(along[:, None, 0] * offset[..., 1] - along[:, None, 1] * offset[..., 0]))


def inside(point: Point, ring: Sequence[Point]) -> bool:
    """Say whether a point lies within a ring (or on its corners)."""
    if point in ring:
        return True
    x, y = point
    begin = np.asarray(ring, np.float64)
    end = np.roll(begin, -1, axis=0)
    rise = end[:, 1] - begin[:, 1]
    over = (begin[:, 1] > y) != (end[:, 1] > y)
    at = begin[:, 0] + (end[:, 0] - begin[:, 0]) * (y - begin[:, 1]) / np.where(rise == 0, 1, rise)
    return bool((over & (x < at)).sum() % 2)
