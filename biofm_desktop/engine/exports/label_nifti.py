"""Masks as NIfTI, lying where the source volume lies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.files import write_with
from biofm_desktop.engine.predictions import MaskPrediction, Prediction

from .base import Export
from .names import file_names
from .units import MILLIMETRES


class LabelNifti(Export):
    """Class indices with the source's affine, or with its spacing alone where it has no place in the scanner."""

    name: ClassVar[str] = "label-nifti"
    title: ClassVar[str] = "Label volumes (NIfTI)"
    suffix: ClassVar[str] = ".nii.gz"
    takes: ClassVar[tuple[type, ...]] = (MaskPrediction,)
    single: ClassVar[bool] = False

    def write(self, predictions: Sequence[Prediction], path: Path) -> list[Path]:
        """Write one NIfTI a mask into the folder."""
        masks = [p for p in predictions if isinstance(p, MaskPrediction)]
        paths = [path / name for name in file_names([p.key for p in masks], self.suffix)]
        for mask, file in zip(masks, paths):
            write_with(file, lambda aside, mask=mask: _write(aside, mask), room="export")  # type: ignore[misc]
        return paths


def _write(path: Path, mask: MaskPrediction) -> None:
    import nibabel

    affine, in_scanner = _affine(mask)
    # NIfTI counts X first, our arrays count it last.
    image = nibabel.Nifti1Image(np.asarray(mask.mask).T, affine)
    image.header.set_xyzt_units(xyz="mm" if in_scanner or mask.unit in MILLIMETRES else "unknown")
    image.set_sform(affine, code="scanner" if in_scanner else "aligned")
    image.set_qform(affine, code="scanner" if in_scanner else "aligned", strip_shears=True)
    image.header.set_intent("label", name="classes")
    image.to_filename(path)


def _affine(mask: MaskPrediction) -> tuple[NDArray[Any], bool]:
    """Return the affine (voxel index X, Y, Z to millimetres), and whether it is that of the source."""
    if mask.affine:
        return np.asarray(mask.affine, np.float64), True
    scale = MILLIMETRES.get(mask.unit, 1.0)
    sizes = [size * scale for size in reversed(mask.spacing)] if len(mask.spacing) == mask.mask.ndim else []
    return np.diag([*(sizes + [1.0] * 3)[:3], 1.0]), False
