"""Plain HDF5: each array of two or three axes is an image."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, Problem

from .base import Format
from .entry import Entry
from .hdf5_checks import contents_of, is_hdf5, opened_hdf5, shown_path
from .left_out import some
from .limits import check_memory
from .numpy_arrays import image_of


class Hdf5(Format):
    """Arrays of numbers are read at the first use; tables, texts and other shapes are left out."""

    name, title, suffixes, takes = "hdf5", "HDF5 arrays", (".h5", ".hdf5", ".hdf", ".he5"), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the mark of HDF5 is there, or the ending is."""
        return is_hdf5(head) or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give each array that is an image."""
        left_out: list[str] = []
        count = 0
        with opened_hdf5(entry) as file:
            for path, stored in contents_of(entry, file, problems).arrays.items():
                try:
                    load = partial(_array, entry, path)
                    yield image_of(entry, path.lstrip("/"), stored.shape, stored.dtype.newbyteorder("="), load)
                    count += 1
                except Fault:
                    left_out.append(f"{shown_path(path)} {stored.shape}")
        if not count:
            raise Fault(entry.name, "it holds no array that is an image", "Save images as arrays of 2 or 3 axes")
        if left_out:
            problems.append(Problem(entry.name, f"arrays that are no images were left out: {some(left_out)}"))


def _array(entry: Entry, path: str) -> NDArray[Any]:
    with opened_hdf5(entry) as file:
        contents_of(entry, file, []).check(entry, path)
        array = file[path]
        check_memory(entry.name, array.nbytes)
        values = np.asarray(array[()])
        return values.astype(values.dtype.newbyteorder("="), copy=False)
