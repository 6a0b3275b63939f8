"""An image or a volume, loaded when its pixels are asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import Sample
from .region import Region


class LazyImage:
    """An array whose shape and dtype are known from a header and whose values are read at the first use.

    ``load`` returns the whole array and may raise `Fault`; those of readers can be pickled, as they cross to another
    process.
    Not kept after reading: napari, the trainer and exports each hold what they need.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any, load: Callable[[], NDArray[Any]]) -> None:
        self.shape, self.dtype, self.load = tuple(shape), np.dtype(dtype), load

    @classmethod
    def of(cls, array: NDArray[Any]) -> "LazyImage":
        """Wrap an array that is in memory already (or memory-mapped)."""
        return cls(array.shape, array.dtype, partial(np.asanyarray, array))

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Return the size of the whole array in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def read(self) -> NDArray[Any]:
        """Return the values; raise `Fault` where the file cannot be read."""
        return self.load()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.read(), dtype=dtype)


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageSample(Sample):
    """Pixels with their axes, spacing and channels; ``mask`` is a label for each pixel.

    ``axes`` names each axis of ``pixels`` by one letter of ``CZYX``; a colour image is ``YXC`` as stored. ``spacing``
    has one number for each spatial axis (Z, Y, X order as in ``axes``), in ``unit``. ``affine`` (4 x 4, row-major,
    voxel index to millimetres, RAS as in NIfTI) is kept for volumes and empty otherwise. ``mask`` has the spatial
    axes only. ``regions`` are what is marked in it.
    """

    pixels: LazyImage
    axes: str = "YX"
    spacing: tuple[float, ...] = ()
    unit: str = "pixel"
    channels: tuple[str, ...] = ()
    affine: tuple[tuple[float, ...], ...] = ()
    mask: LazyImage | None = None
    facts: dict[str, str] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()

    @property
    def labelled(self) -> bool:
        """Say whether there is a class, a mask or a marked region to learn from."""
        return self.target is not None or self.mask is not None or bool(self.regions)

    @cached_property
    def spatial_shape(self) -> tuple[int, ...]:
        """Return the sizes of the Z, Y and X axes that there are."""
        return tuple(size for size, axis in zip(self.pixels.shape, self.axes) if axis in "ZYX")

    @cached_property
    def channel_count(self) -> int:
        """Return the number of channels (1 where there is no channel axis)."""
        return self.pixels.shape[self.axes.index("C")] if "C" in self.axes else 1

    def planes(self) -> NDArray[Any]:
        """Return the pixels with the channels first: (C, Y, X) or (C, Z, Y, X); dtype as stored."""
        pixels = self.pixels.read()
        if "C" not in self.axes:
            return pixels[np.newaxis]
        return np.moveaxis(pixels, self.axes.index("C"), 0)
