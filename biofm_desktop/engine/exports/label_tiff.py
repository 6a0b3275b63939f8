"""Masks as TIFF: class indices or certainties, with the image's spacing, as Fiji and QuPath read them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.files import write_with
from biofm_desktop.engine.predictions import MaskPrediction, Prediction

from .base import Export
from .names import file_names
from .units import IMAGEJ_UNITS

#: ImageJ's own kind of TIFF ends at 4 GB; room is left for its tags.
_IMAGEJ_LIMIT = 2**32 - 2**20
_ROWS = 64


class LabelTiff(Export):
    """Class indices (0 is background), zlib-compressed; written strip by strip, so that memory does not grow."""

    name: ClassVar[str] = "label-tiff"
    title: ClassVar[str] = "Label images (TIFF)"
    suffix: ClassVar[str] = ".tif"
    takes: ClassVar[tuple[type, ...]] = (MaskPrediction,)
    single: ClassVar[bool] = False

    def write(self, predictions: Sequence[Prediction], path: Path) -> list[Path]:
        """Write one TIFF a mask into the folder."""
        masks = [p for p in predictions if isinstance(p, MaskPrediction)]
        paths = [path / name for name in file_names([p.key for p in masks], self.suffix)]
        for mask, file in zip(masks, paths):
            write_with(file, lambda aside, mask=mask: _write(aside, self.values(mask), mask), room="export")  # type: ignore[misc]
        return paths

    def values(self, mask: MaskPrediction) -> NDArray[Any]:
        """Return the pixels to write."""
        return mask.mask


class CertaintyTiff(LabelTiff):
    """How sure the model is of each pixel's class, from 0 to 255."""

    name: ClassVar[str] = "certainty-tiff"
    title: ClassVar[str] = "Certainty images (TIFF)"
    suffix: ClassVar[str] = ".certainty.tif"

    def values(self, mask: MaskPrediction) -> NDArray[Any]:
        """Return the pixels to write."""
        return mask.certainty


def _write(path: Path, values: NDArray[Any], mask: MaskPrediction) -> None:
    import tifffile

    unit = IMAGEJ_UNITS.get(mask.unit, mask.unit if mask.unit.isascii() else "pixel")
    known = len(mask.spacing) == values.ndim and all(size > 0 and np.isfinite(size) for size in mask.spacing)
    spacing = mask.spacing if known else (1.0,) * values.ndim
    facts: dict[str, Any] = {"axes": "TZYX"[-values.ndim :], "unit": unit}
    if values.ndim > 2:
        facts["spacing"] = spacing[-3]
    tifffile.imwrite(
        path,
        values,
        imagej=values.nbytes < _IMAGEJ_LIMIT,
        bigtiff=values.nbytes >= _IMAGEJ_LIMIT,
        photometric="minisblack",
        compression="zlib",
        rowsperstrip=_ROWS,
        resolution=(1 / spacing[-1], 1 / spacing[-2]),  # pixels a unit, across and down
        metadata=facts,
    )
