"""DICOM: a folder of slices becomes volumes, one file a picture; values in Hounsfield units where it is CT."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .dicom_header import Slice, read_slice
from .dicom_space import Geometry, geometry_of
from .entry import Entry
from .limits import check_memory


class Dicom(Format):
    """DICOM part 10 files."""

    name, title, suffixes, takes = "dicom", "DICOM image or series", (".dcm", ".dicom", ".ima"), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the mark is there, or the ending is."""
        return head[128:132] == b"DICM" or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the picture, or the frames as one volume."""
        yield volume([read_slice(entry, problems)], problems)


def volume(slices: Sequence[Slice], problems: list[Problem]) -> ImageSample:
    """Return slices of one series and size as one sample, in the order of their place."""
    first = slices[0]
    geometry = geometry_of(slices, problems)
    ordered = geometry.slices
    many = len(ordered) > 1
    shape = (len(ordered), *first.shape) if many else first.shape
    dtype = np.result_type(*(item.dtype for item in ordered))
    axes = ("Z" if many or first.frames > 1 else "") + "YX" + ("C" if first.colour else "")
    return ImageSample(
        key=f"{first.modality.lower() or 'image'}_{first.number or 1}",
        source=first.entry.source.parent if many else first.entry.source,
        group=first.patient,
        pixels=LazyImage(shape, dtype, partial(_stacked, geometry, dtype.str)),
        axes=axes,
        channels=("red", "green", "blue") if first.colour else (),
        spacing=geometry.spacing[-2:] if "Z" not in axes else geometry.spacing,
        unit="mm" if geometry.spacing else "pixel",
        affine=geometry.affine if "Z" in axes else (),
        facts={"modality": first.modality, "values": "HU" if all(s.hounsfield for s in ordered) else "raw"},
    )


def _stacked(geometry: Geometry, dtype: str) -> "NDArray[np.generic]":
    """Return all slices, each scaled by its own numbers."""
    slices = geometry.slices
    if len(slices) == 1:
        return slices[0].pixels()
    out = np.empty((len(slices), *slices[0].shape), dtype)
    check_memory(slices[0].entry.name, out.nbytes)
    for place, item in enumerate(slices):
        out[place] = item.pixels()
    return out
