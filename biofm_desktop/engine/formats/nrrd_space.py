"""Where an NRRD volume lies: which axis is none of space, voxel size, and the affine in RAS millimetres."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry
from .left_out import quoted
from .nifti_space import Affine, as_rows, orientation_of
from .nrrd_header import NrrdHeader

_MILLIMETRES = {
    "mm": 1.0,
    "millimeter": 1.0,
    "millimeters": 1.0,
    "um": 1e-3,
    "µm": 1e-3,
    "micron": 1e-3,
    "microns": 1e-3,
}
_MILLIMETRES |= {"micrometer": 1e-3, "micrometers": 1e-3, "cm": 10.0, "m": 1e3, "nm": 1e-6, "": 1.0}
_SIDES = ({"right", "left"}, {"anterior", "posterior"}, {"superior", "inferior"})  # of X, Y and Z
_RAS = {"right": 1, "left": -1, "anterior": 1, "posterior": -1, "superior": 1, "inferior": -1}
_SHORT = {"r": "right", "l": "left", "a": "anterior", "p": "posterior", "s": "superior", "i": "inferior"}
_OF_SPACE = {"domain", "space", "time", "none", "???"}


@dataclass(frozen=True)
class NrrdPlace:
    """Spacing in the array's order, in ``unit``; an affine where the space names directions of a body."""

    spacing: tuple[float, ...] = ()
    unit: str = "pixel"
    affine: Affine = ()
    facts: dict[str, str] = field(default_factory=dict)


def channel_axis(entry: Entry, header: NrrdHeader) -> int | None:
    """Return the axis (0: the fastest) that is none of space; raise `Fault` where there are several of them."""
    count = len(header.sizes)
    directions = _directions(header)
    kinds = [str(kind).lower() for kind in np.ravel(header.fields.get("kinds", []))]
    if directions is not None and len(directions) == count and count > 1:
        others = [axis for axis, row in enumerate(directions) if row is None]
    elif len(kinds) == count:
        others = [axis for axis, kind in enumerate(kinds) if kind not in _OF_SPACE]
    else:
        others = []
    if len(others) == 1 and count - 1 in (2, 3):
        return others[0]
    if count in (2, 3):
        return None
    if count == 4 and not others:
        return 3
    fault = f"its {count} axes of sizes {' '.join(map(str, header.sizes))} are more than a volume with channels"
    raise Fault(entry.name, fault, "Save one volume a file")


def _directions(header: NrrdHeader) -> list[list[float] | None] | None:
    found = header.fields.get("space directions")
    if found is None:
        return None
    rows = [None if row is None else [float(number) for number in np.ravel(row)] for row in found]
    # pynrrd writes `none` as a row of NaN
    return [None if row is None or (len(row) > 0 and all(np.isnan(row))) else row for row in rows]


def place_of(entry: Entry, header: NrrdHeader, channel: int | None, problems: list[Problem]) -> NrrdPlace:
    """Return where the volume lies; without a place, and with a problem, where the header's is not valid."""
    axes = [axis for axis in range(len(header.sizes)) if axis != channel]
    directions, sizes = _directions(header), _spacings(header)
    scale, unit = _unit(header)
    if directions is None:
        if sizes is None:
            return NrrdPlace()
        kept = [sizes[axis] * scale for axis in axes]
        if all(np.isfinite(kept)) and min(kept) > 0:
            return NrrdPlace(tuple(kept[::-1]), unit)
        words = " x ".join(f"{size:g}" for size in kept)
        problems.append(Problem(entry.name, f"its voxel size ({words}) is not valid; it is opened without one"))
        return NrrdPlace()
    rows = [directions[axis] if axis < len(directions) else None for axis in axes]
    matrix = np.array([row if row is not None and len(row) == 3 else [np.nan] * 3 for row in rows], float).T
    lengths = np.linalg.norm(matrix, axis=0)
    flat = len(axes) == 2
    sound = np.isfinite(matrix).all() and lengths.min() > 0 and (flat or abs(np.linalg.det(matrix / lengths)) > 1e-6)
    if not sound:
        message = "its space directions are not valid; it is opened without voxel size and orientation"
        problems.append(Problem(entry.name, message))
        return NrrdPlace()
    spacing = tuple(float(length) * scale for length in lengths[::-1])
    if flat:
        return NrrdPlace(spacing, unit)
    affine = _affine(entry, header, matrix * scale, scale, problems)
    return NrrdPlace(spacing, unit, affine, {"orientation": orientation_of(affine)} if affine else {})


def _affine(entry: Entry, header: NrrdHeader, matrix: Any, scale: float, problems: list[Problem]) -> Affine:
    signs = _signs(str(header.fields.get("space", "")).lower())
    if signs is None:
        message = f"its space {quoted(header.fields.get('space', ''))} names no sides of a body; it has no orientation"
        problems.append(Problem(entry.name, message))
        return ()
    origin = np.ravel(header.fields.get("space origin", [0.0, 0.0, 0.0])).astype(float)
    if origin.shape != (3,) or not np.isfinite(origin).all():
        problems.append(Problem(entry.name, "its space origin is not valid; 0 was taken"))
        origin = np.zeros(3)
    whole = np.eye(4)
    whole[:3, :3], whole[:3, 3] = matrix * signs[:, None], origin * scale * signs
    return as_rows(whole)


def _signs(space: str) -> Any:
    """Return for X, Y and Z whether they must be turned to give RAS; None where the space does not say."""
    space = space.removesuffix("-time")
    words = space.split("-") if "-" in space else [_SHORT.get(letter, "") for letter in space]
    if len(words) != 3 or any(word not in pair for word, pair in zip(words, _SIDES)):
        return None
    return np.array([_RAS[word] for word in words], float)


def _spacings(header: NrrdHeader) -> list[float] | None:
    found = header.fields.get("spacings")
    if found is None or len(np.ravel(found)) != len(header.sizes):
        return None
    return [abs(float(size)) for size in np.ravel(found)]


def _unit(header: NrrdHeader) -> tuple[float, str]:
    """Return the millimetres of one unit, and the unit in which spacing is told."""
    found = header.fields.get("space units", header.fields.get("units", []))
    words = [str(word).strip('"').lower() for word in np.ravel(found)]
    word = next((word for word in words if word), "")
    return (_MILLIMETRES[word], "mm") if word in _MILLIMETRES else (1.0, word[:20] or "mm")
