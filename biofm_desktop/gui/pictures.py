"""From a sample's pixels to what a viewer draws: layers, contrast, scale, and the facts in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.samples import ImageSample

_CHANNEL_MAPS = ("gray", "green", "magenta", "cyan", "yellow", "red", "blue")
_COLOURS = ("red", "green", "blue", "alpha")
_UNITS = ("mm", "um", "µm", "nm", "cm", "m")
#: Soft tissue, in Hounsfield units: what a radiologist looks at first.
_CT_WINDOW = (-160.0, 240.0)


class Picture:
    """One layer's worth of an image."""

    def __init__(self, name: str, array: NDArray[Any], *, rgb: bool, colormap: str, window: tuple[float, float] | None):
        self.name, self.array, self.rgb, self.colormap = name, array, rgb, colormap
        self.span, self.limits = (0.0, 1.0), (0.0, 1.0)
        if not rgb:
            seen = array[array.shape[0] // 2] if array.ndim > 2 else array
            step = max(1, seen.size // 1_000_000)
            values = np.asarray(array).reshape(-1)[:: max(1, array.size // 2_000_000)]
            values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
            low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
            self.span = (low, high if high > low else low + 1)
            sample = seen.reshape(-1)[::step]
            sample = sample[np.isfinite(sample)] if sample.dtype.kind == "f" else sample
            self.limits = window or _robust(sample, self.span)


def _robust(values: NDArray[Any], span: tuple[float, float]) -> tuple[float, float]:
    """Return limits that a few hot pixels cannot spoil."""
    if not values.size or values.dtype == np.uint8:
        return span
    low, high = (float(v) for v in np.percentile(values, (0.1, 99.9)))
    return (low, high) if high > low else span


def pictures(sample: ImageSample, image: NDArray[Any]) -> list[Picture]:
    """Return the layers of an image: one for a colour or grey image, one for each channel else."""
    if image.dtype == bool:
        image = image.astype(np.uint8)
    if "C" not in sample.axes:
        return [Picture("image", image, rgb=False, colormap="gray", window=_window(sample, image))]
    place = sample.axes.index("C")
    count, names = image.shape[place], tuple(name.lower() for name in sample.channels)
    if count in (3, 4) and place == image.ndim - 1 and names in ((), _COLOURS[:count]):
        if image.dtype != np.uint8:
            top = float(image.max()) or 1.0
            image = np.clip(image.astype(np.float32) * (255 / top), 0, 255).astype(np.uint8)
        return [Picture("image", image, rgb=True, colormap="gray", window=None)]
    planes = np.moveaxis(image, place, 0)
    titles = sample.channels or tuple(f"channel {number}" for number in range(1, len(planes) + 1))
    maps = _CHANNEL_MAPS[:1] if len(planes) == 1 else _CHANNEL_MAPS[1:]
    return [
        Picture(name, plane, rgb=False, colormap=_own_colour(name) or maps[number % len(maps)], window=None)
        for number, (name, plane) in enumerate(zip(titles, planes))
    ]


def _own_colour(name: str) -> str:
    """Return the colour that a channel is named after, if it is."""
    return name.lower() if name.lower() in _CHANNEL_MAPS else ""


def _window(sample: ImageSample, image: NDArray[Any]) -> tuple[float, float] | None:
    words = " ".join((*sample.facts.keys(), *sample.facts.values())).lower()
    hounsfield = "hounsfield" in words or "hu" in words.split()
    return _CT_WINDOW if hounsfield and float(image[len(image) // 2].min()) < -200 else None


def scale_of(sample: ImageSample) -> tuple[float, ...]:
    spacing = sample.spacing if len(sample.spacing) == len(sample.spatial_shape) else ()
    return tuple(spacing) if spacing and all(s > 0 for s in spacing) else (1.0,) * len(sample.spatial_shape)


def units_of(sample: ImageSample) -> tuple[str, ...]:
    """Return the unit of each spatial axis, ``pixel`` where a viewer does not know it."""
    unit = sample.unit if sample.unit in _UNITS and sample.spacing else "pixel"
    return (unit,) * len(sample.spatial_shape)


def facts_of(sample: ImageSample) -> str:
    words = [" × ".join(map(str, reversed(sample.spatial_shape))), str(sample.pixels.dtype)]
    if sample.channel_count > 1:
        words.append(f"{sample.channel_count} channels")
    if sample.unit not in ("", "pixel") and sample.spacing:
        words.append(" × ".join(f"{s:.3g}" for s in reversed(sample.spacing)) + f" {sample.unit}")
    return "  ·  ".join(words)


def box_of(indices: Sequence[Any], shape: Sequence[int]) -> tuple[slice, ...] | None:
    """Return the box of what napari says it changed: a slice, a number or an array of places for each axis."""
    box = []
    for axis, size in zip(indices, shape, strict=True):
        if isinstance(axis, slice):
            start, stop, _ = axis.indices(size)
        elif np.size(axis):
            start, stop = int(np.min(axis)), int(np.max(axis)) + 1
        else:
            return None
        box.append(slice(start, stop))
    return tuple(box)


def status_text(status: object) -> str:
    """Return what napari says of the place under the pointer as a line of text."""
    if isinstance(status, dict):
        return " ".join(str(status[part]) for part in ("coordinates", "value") if status.get(part))
    return str(status)
