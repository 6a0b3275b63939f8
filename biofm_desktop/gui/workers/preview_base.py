"""What a preview lies over: the part of a picture that was predicted, and its label; read in a worker."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.previews import Part, as_slices, step_of
from biofm_desktop.engine.samples import ImageSample
from biofm_desktop.gui.layers import class_colour

from .thumbnails import stretched

_STRENGTH = 0.55
#: Edges that take more of a picture than this are drawn the fainter: they would hide all else.
_FEW_EDGES = 0.05
_WHITE = 255.0


@dataclass(frozen=True, eq=False)
class Base:
    """Colours (Y, X, 3) uint8, and where the label has its edges (Y, X) bool (None: there is none)."""

    colours: NDArray[np.uint8]
    edges: NDArray[np.bool_] | None


def read_base(sample: ImageSample, part: Part) -> Base:
    """Return the picture that a mask of this part lies over; raise `Fault` where it cannot be read."""
    step = step_of(part)
    planes = sample.planes()[(slice(None), *as_slices(part))]
    planes = planes.reshape(len(planes), *planes.shape[-2:])[:3, ::step, ::step].astype(np.float32)
    if len(planes) == 2:
        planes = np.concatenate([planes, np.zeros_like(planes[:1])])
    colours = np.moveaxis(planes if len(planes) == 3 else np.repeat(planes[:1], 3, axis=0), 0, -1)
    label = None
    if sample.mask is not None:
        label = sample.mask.read()[as_slices(part)]
        label = label.reshape(label.shape[-2:])[::step, ::step]
    return Base(stretched(colours, sample.pixels.dtype == np.uint8), None if label is None else _edges(label))


def laid_over(base: Base | None, mask: NDArray[np.uint8], *, edges: bool = True) -> NDArray[np.uint8]:
    """Return the mask in the colours of its classes over the picture, and the ``edges`` of the label in white.

    Without a picture of its size it lies over black.
    """
    fitting = base is not None and base.colours.shape[:2] == mask.shape
    colours = base.colours.copy() if base is not None and fitting else np.zeros((*mask.shape, 3), np.uint8)
    for value in np.unique(mask[mask > 0]).tolist():
        there, colour = mask == value, np.array(_rgb(class_colour(value)), np.float32)
        colours[there] = (colours[there] * (1 - _STRENGTH) + colour * _STRENGTH).astype(np.uint8)
    if edges and base is not None and fitting and base.edges is not None and base.edges.any():
        strength = min(1.0, _FEW_EDGES / float(base.edges.mean()))
        there = base.edges
        colours[there] = (colours[there] * (1 - strength) + _WHITE * strength).round().astype(np.uint8)
    return colours


def _edges(label: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the pixels of marked objects beside which something else lies."""
    found = np.zeros(label.shape, bool)
    for axis in (0, 1):
        here, there = (np.take(label, range(a, label.shape[axis] - 1 + a), axis) for a in (0, 1))
        differs = here != there
        low = tuple(slice(0, -1) if n == axis else slice(None) for n in (0, 1))
        high = tuple(slice(1, None) if n == axis else slice(None) for n in (0, 1))
        found[low] |= differs & (here > 0)
        found[high] |= differs & (there > 0)
    return found


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
