"""Marked regions to the shapes and points that napari draws, and back."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.samples import Region

#: napari puts the middle of the first pixel at 0, a region at 0.5; and it says (y, x).
_MIDDLE = 0.5
_ELLIPSE_CORNERS = 48
NEW = -1


def corners(region: Region) -> NDArray[np.float64]:
    """Return what napari draws of a region: a box's four corners, a polygon's corners, or a point; (N, 2) as (y, x)."""
    points = region.points
    if region.kind == "box":
        left, top, width, height = region.box
        points = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    return np.array(points, float)[:, ::-1] - _MIDDLE


def region_of(kind: str, drawn: NDArray[np.float64], label: str, before: Region | None = None) -> Region | None:
    """Return the region that was drawn, (N, 2) as (y, x), in napari's ``kind`` of shape.

    ``before`` is what it was made of: where nothing was changed it comes back as it is, and the holes of a polygon
    that was moved move with it. None: it was a mask run by run, which corners cannot change.
    """
    if before is not None:
        old = corners(before)
        if old.shape == drawn.shape and np.allclose(old, drawn, atol=1e-3):
            return before if before.label == label else replace(before, label=label)
        if before.runs:
            return None
    points = tuple((float(x), float(y)) for y, x in drawn + _MIDDLE)
    if kind == "ellipse":
        points = _around(points)
    if kind == "rectangle" and _upright(drawn):
        across, down = zip(*points)
        return Region("box", ((min(across), min(down)), (max(across), max(down))), label, _score(before))
    if kind == "point":
        return Region("point", points, label, _score(before))
    return Region("polygon", points, label, _score(before), _moved_holes(before, drawn))


def kind_of(region: Region) -> str:
    """Return napari's name for the kind of shape."""
    return {"box": "rectangle", "point": "point"}.get(region.kind, "polygon")


def _score(before: Region | None) -> float | None:
    return None if before is None else before.score


def _upright(drawn: NDArray[np.float64]) -> bool:
    return all(len(np.unique(np.round(axis, 3))) == 2 for axis in drawn.T)


def _around(frame: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return a polygon for the ellipse in a frame of four corners, which may be turned."""
    first, second, third, _ = map(np.array, frame)
    middle, along, across = (first + third) / 2, (second - first) / 2, (third - second) / 2
    angles = np.linspace(0, 2 * np.pi, _ELLIPSE_CORNERS, endpoint=False)
    ring = middle + np.cos(angles)[:, None] * along + np.sin(angles)[:, None] * across
    return tuple((float(x), float(y)) for x, y in ring)


def _moved_holes(before: Region | None, drawn: NDArray[np.float64]) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the holes of a polygon that was moved as a whole; one that was reshaped keeps its holes in their place."""
    if before is None or not before.holes:
        return ()
    old = corners(before)
    by = drawn - old if old.shape == drawn.shape else np.zeros((1, 2))
    down, across = by[0] if np.allclose(by, by[0], atol=1e-3) else (0.0, 0.0)
    return tuple(tuple((x + float(across), y + float(down)) for x, y in ring) for ring in before.holes)
