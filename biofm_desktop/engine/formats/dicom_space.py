"""How the slices of a series lie: order, spacing, affine, and gaps, doubles and tilt that forbid measuring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biofm_desktop.engine.samples import Problem

from .dicom_header import Slice
from .nifti_space import Affine, as_rows

_UNEVEN = 0.02  # share of a step by which steps may differ
_TILT = 0.01  # sine of the angle between the stack and the slices' normal


@dataclass(frozen=True)
class Geometry:
    """Slices from first to last along the normal; spacing (Z, Y, X) in mm and affine as `ImageSample` has them."""

    slices: tuple[Slice, ...]
    spacing: tuple[float, ...] = ()
    affine: Affine = ()


def geometry_of(slices: Sequence[Slice], problems: list[Problem]) -> Geometry:
    """Return order and spacing of slices of one orientation; () for what must not be measured, with a problem."""
    _tell_doubles(slices, problems)
    first = slices[0]
    spacing = first.spacing
    name = first.entry.name
    if any(item.spacing != spacing for item in slices):
        problems.append(Problem(name, "the pixel spacing changes inside the series; lengths are in pixels"))
        spacing = ()
    if not all(item.position and item.across for item in slices):
        if len(slices) > 1:
            problems.append(Problem(name, "slices do not say where they lie; they are in the order of their names"))
        if len(slices) == 1 and spacing:
            return Geometry(tuple(slices), (first.between or 1.0, *spacing))
        return Geometry(tuple(slices))
    normal = np.cross(first.across, first.down)
    ordered = sorted(slices, key=lambda item: float(normal @ np.array(item.position)))
    ordered = _without_same_place(ordered, normal, problems)
    if len(ordered) == 1:
        step = normal * (first.between if first.between > 0 else 1.0)
    else:
        step = (np.array(ordered[-1].position) - np.array(ordered[0].position)) / (len(ordered) - 1)
        if not _even(ordered, normal, problems):
            return Geometry(tuple(ordered))
    length = round(float(np.linalg.norm(step)), 6)
    tilt = float(np.linalg.norm(np.cross(step, normal))) / length
    affine = _affine(ordered[0], step, spacing)
    if tilt > _TILT:
        problems.append(
            Problem(name, "the slices are sheared (gantry tilt): lengths and volumes are not to be measured")
        )
        return Geometry(tuple(ordered), (), affine)
    return Geometry(tuple(ordered), (length, *spacing) if spacing else (), affine)


def _affine(first: Slice, step: Any, spacing: tuple[float, ...]) -> Affine:
    if not spacing:
        return ()
    affine = np.eye(4)
    affine[:3, 0] = np.array(first.across) * spacing[1]
    affine[:3, 1] = np.array(first.down) * spacing[0]
    affine[:3, 2] = step
    affine[:3, 3] = first.position
    affine[:2] *= -1  # DICOM counts to the left and back, NIfTI to the right and front
    return as_rows(affine)


def _tell_doubles(slices: Sequence[Slice], problems: list[Problem]) -> None:
    """Tell which files carry an instance UID that another has; all are kept."""
    seen: dict[str, Slice] = {}
    for item in slices:
        if item.instance and item.instance in seen:
            other = seen[item.instance].entry.name
            problems.append(Problem(item.entry.name, f"it carries the same instance UID as {other}; both are kept"))
        seen.setdefault(item.instance, item)


def _without_same_place(ordered: Sequence[Slice], normal: Any, problems: list[Problem]) -> list[Slice]:
    kept: list[Slice] = []
    for item in ordered:
        if kept and abs(float(normal @ (np.array(item.position) - np.array(kept[-1].position)))) < 1e-3:
            message = f"it lies at the same position as {kept[-1].entry.name} and was left out of the volume"
            problems.append(Problem(item.entry.name, message))
        else:
            kept.append(item)
    return kept


def _even(ordered: Sequence[Slice], normal: Any, problems: list[Problem]) -> bool:
    places = np.array([normal @ np.array(item.position) for item in ordered])
    steps = np.diff(places)
    usual = float(np.median(steps))
    if np.abs(steps - usual).max() <= _UNEVEN * usual:
        return True
    at = int(np.abs(steps - usual).argmax())
    message = (
        f"there is a gap: the next slice is {steps[at]:.3g} mm away, others {usual:.3g} mm. The spacing is uneven, so "
        "lengths and volumes are not to be measured"
    )
    problems.append(Problem(ordered[at].entry.name, message))
    return False


def series_of(slices: Sequence[Slice], problems: list[Problem]) -> list[list[Slice]]:
    """Return the slices parted into volumes: by series and orientation; slices of another size are left out."""
    series: dict[tuple[object, ...], list[Slice]] = {}
    for item in slices:
        directions = tuple(round(number, 2) + 0.0 for number in item.across + item.down)
        series.setdefault((item.series, directions, item.frames > 1 and item.entry.name), []).append(item)
    parts: list[list[Slice]] = []
    for group in series.values():
        sizes: dict[tuple[object, ...], list[Slice]] = {}
        for item in group:
            sizes.setdefault((item.shape, item.colour), []).append(item)
        most = max(sizes.values(), key=len)
        for others in sizes.values():
            if others is not most:
                size = f"{others[0].columns} x {others[0].rows}, not {most[0].columns} x {most[0].rows}"
                names = ", ".join(item.entry.name for item in others[:5])
                problems.append(Problem(names, f"slices of another size ({size}) were left out of the volume"))
        parts.append(most)
    if len(parts) > 1:
        problems.append(
            Problem(parts[0][0].entry.name, f"the files are of {len(parts)} series, opened as volumes apart")
        )
    return parts
