"""The pixels of one array of a Zarr, in the order in which images have them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .zarr_array import ZarrArray
from .zarr_files import ZarrFiles


@dataclass(frozen=True)
class Pick:
    """Which part of an array is an image: ``first`` places along its first axes (None: all), then an ``order``."""

    first: tuple[int | None, ...]
    order: tuple[int, ...]


def pixels(files: ZarrFiles, array: ZarrArray, pick: Pick) -> NDArray[Any]:
    """Return the picked part of an array; raise `Fault` where a chunk of it cannot be read."""
    from .zarr_store import read_array

    values = read_array(files, array, tuple(slice(None) if at is None else at for at in pick.first))
    values = values.transpose(pick.order)
    return np.ascontiguousarray(values, values.dtype.newbyteorder("="))
