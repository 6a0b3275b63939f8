"""How pixel values become the numbers a network is fed."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.samples import ImageSample

if TYPE_CHECKING:
    from torch import Tensor

INTENSITIES = ("auto", "range", "percentiles")
#: Mean and deviation of ImageNet's red, green and blue (torchvision's published preprocessing).
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_PERCENTILES = (1.0, 99.8)
_SAMPLED = 1_000_000


def limits(planes: NDArray[Any], intensity: str) -> tuple[float, float]:
    """Return the values that become 0 and 1: the data type's range, or percentiles 1 and 99.8 over all channels."""
    if intensity == "range" and np.issubdtype(planes.dtype, np.integer):
        info = np.iinfo(planes.dtype)
        return float(max(info.min, 0)), float(info.max)
    flat = planes.reshape(-1)[:: max(1, planes.size // _SAMPLED)]
    flat = flat[np.isfinite(flat)] if np.issubdtype(planes.dtype, np.floating) else flat
    low, high = np.percentile(flat, _PERCENTILES) if flat.size else (0.0, 1.0)
    return float(low), float(high) if high > low else float(low) + 1.0


def scaled(planes: NDArray[Any], bounds: tuple[float, float], channels: int) -> "Tensor":
    """Return (channels, Y, X) float32 from 0 to 1; one grey channel is repeated where more are wanted.

    Values that are not finite become 0.
    """
    from torch import from_numpy

    low, high = bounds
    values = (np.nan_to_num(planes.astype(np.float32), posinf=high, neginf=low) - low) / (high - low)
    tensor = from_numpy(np.clip(values, 0.0, 1.0))
    return tensor.expand(channels, -1, -1).contiguous() if len(tensor) == 1 != channels else tensor[:channels]


def shifted(unit: "Tensor", scaling: str) -> "Tensor":
    """Return values of [0, 1], channels at axis -3, as a network's scaling wants them."""
    if scaling == "symmetric":
        return unit * 2 - 1
    if scaling == "imagenet" and unit.shape[-3] == len(IMAGENET_MEAN):
        from torch import tensor

        return (unit - tensor(IMAGENET_MEAN)[:, None, None]) / tensor(IMAGENET_DEVIATION)[:, None, None]
    return unit


def unshifted(values: "Tensor", scaling: str) -> "Tensor":
    """Return values of a network's scaling, channels at axis -3, as they were before `shifted`."""
    if scaling == "symmetric":
        return (values + 1) / 2
    if scaling == "imagenet" and values.shape[-3] == len(IMAGENET_MEAN):
        from torch import tensor

        return values * tensor(IMAGENET_DEVIATION)[:, None, None] + tensor(IMAGENET_MEAN)[:, None, None]
    return values


def common_channels(samples: tuple[ImageSample, ...], preferred: int | None) -> int:
    """Return how many channels to feed: grey and colour together are fed as colour."""
    counts = {sample.channel_count for sample in samples}
    if counts <= {1, 3}:
        return preferred or max(counts, default=1)
    return max(counts)
