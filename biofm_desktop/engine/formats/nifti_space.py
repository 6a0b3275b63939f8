"""Where a NIfTI volume lies: its affine, voxel size and orientation, and what is wrong with them."""

from typing import Any

import numpy as np

from biofm_desktop.engine.samples import Problem

from .entry import Entry

_MILLIMETRES = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
Affine = tuple[tuple[float, ...], ...]


def affine_of(entry: Entry, header: Any, problems: list[Problem]) -> Affine:
    """Return voxel index (X, Y, Z) to millimetres (RAS): the sform, else the qform; () if unsound."""
    scale = _scale(header)
    sform = np.array(header.get_sform(), float) if int(header["sform_code"]) > 0 else None
    qform = _qform(header) if int(header["qform_code"]) > 0 else None
    if sform is not None and qform is not None and _sound(sform) and _sound(qform):
        size = max(float(np.abs(sform[:3, :3]).max()), 1e-6)
        if np.abs(sform[:3, :3] - qform[:3, :3]).max() > 0.02 * size:
            message = "its two orientations (sform and qform) differ; the sform was used"
            problems.append(Problem(entry.name, message))
    for name, found in (("sform", sform), ("qform", qform)):
        if found is None:
            continue
        if _sound(found):
            return as_rows(found * np.array([[scale]] * 3 + [[1.0]]))
        problems.append(Problem(entry.name, f"its orientation ({name}) is not valid; it is opened without one"))
        return ()
    return ()


def _qform(header: Any) -> Any:
    try:
        return np.array(header.get_qform(), float)
    except Exception:  # noqa: BLE001 - nibabel raises for quaternions that are none
        return np.full((4, 4), np.nan)


def _sound(affine: Any) -> bool:
    return bool(np.isfinite(affine).all()) and abs(float(np.linalg.det(affine[:3, :3]))) > 1e-12


def as_rows(affine: Any) -> Affine:
    """Return a 4 x 4 array as tuples."""
    return tuple(tuple(float(number) for number in row) for row in affine)


def orientation_of(affine: Affine) -> str:
    """Return the directions in which X, Y and Z grow, such as RAS."""
    from nibabel.orientations import aff2axcodes

    return "".join(str(code) for code in aff2axcodes(np.array(affine)))


def _scale(header: Any) -> float:
    return _MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)


def spacing_of(entry: Entry, header: Any, spatial: int, problems: list[Problem]) -> tuple[float, ...]:
    """Return the voxel size in mm, in the array's order (Z, Y, X); () where it is not valid."""
    sizes = [float(size) * _scale(header) for size in header["pixdim"][1 : spatial + 1]]
    if all(1e-6 < size < 1e6 for size in sizes):
        return tuple(sizes[::-1])
    words = " x ".join(f"{size:g}" for size in sizes)
    problems.append(Problem(entry.name, f"its voxel size ({words}) is not valid; it is opened without one"))
    return ()
