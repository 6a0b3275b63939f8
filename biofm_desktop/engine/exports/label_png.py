"""Masks as PNG of class indices."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_with
from biofm_desktop.engine.predictions import MaskPrediction, Prediction

from .base import Export
from .names import file_names


class LabelPng(Export):
    """Class indices as grey values (8 or 16 bit); flat images only. They look black: the values are 0, 1, 2 ..."""

    name: ClassVar[str] = "label-png"
    title: ClassVar[str] = "Label images (PNG)"
    suffix: ClassVar[str] = ".png"
    takes: ClassVar[tuple[type, ...]] = (MaskPrediction,)
    single: ClassVar[bool] = False

    def write(self, predictions: Sequence[Prediction], path: Path) -> list[Path]:
        """Write one PNG a mask into the folder; raise `Fault` where one is a volume."""
        masks = [p for p in predictions if isinstance(p, MaskPrediction)]
        for mask in masks:
            if mask.mask.ndim != 2:
                raise Fault(mask.key, "a PNG holds one plane, and this is a volume", "Choose label-tiff or label-nifti")
        paths = [path / name for name in file_names([p.key for p in masks], self.suffix)]
        for mask, file in zip(masks, paths):
            write_with(file, lambda aside, mask=mask: _write(aside, mask), room="export")  # type: ignore[misc]
        return paths


def _write(path: Path, mask: MaskPrediction) -> None:
    from PIL import Image

    Image.fromarray(np.ascontiguousarray(mask.mask)).save(path, format="PNG")
