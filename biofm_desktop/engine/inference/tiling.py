"""Pictures of any size through a network of fixed stride: whole where they fit, else tile by tile with a halo."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

STRIDE = 32
#: Pictures up to this many pixels a side go through whole.
WHOLE = 1024
TILE, HALO = 768, 64


def windows(
    height: int, width: int, whole: int = WHOLE, tile: int = TILE, halo: int = HALO
) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Give (taken, kept) regions: ``taken`` is fed with a halo round it, ``kept`` is what its answer is trusted for.

    Rows of tiles come from top to bottom, so that a writer can go strip by strip; kept regions cover each pixel once.
    """
    if height <= whole and width <= whole:
        yield (slice(0, height), slice(0, width)), (slice(0, height), slice(0, width))
        return
    core = tile - 2 * halo
    for top in range(0, height, core):
        for left in range(0, width, core):
            kept = slice(top, min(top + core, height)), slice(left, min(left + core, width))
            taken = (
                slice(max(0, kept[0].start - halo), min(height, kept[0].stop + halo)),
                slice(max(0, kept[1].start - halo), min(width, kept[1].stop + halo)),
            )
            yield taken, kept


def padded(network: nn.Module, inputs: Tensor) -> Tensor:
    """Return the network's answer for one (C, Y, X) picture of any size: (outputs, Y, X)."""
    height, width = inputs.shape[-2:]
    low, right = -height % STRIDE, -width % STRIDE
    mode = "reflect" if low < height and right < width else "replicate"
    answer: Tensor = network(pad(inputs[None], (0, right, 0, low), mode=mode))
    return answer[0, :, :height, :width]


def each_window(
    network: nn.Module, size: tuple[int, int], feed: Callable[[slice, slice], Tensor], device: torch.device
) -> Iterator[tuple[tuple[slice, slice], Tensor]]:
    """Give (region, logits) for each kept region of a picture of ``size`` (Y, X); ``feed`` returns a region's input."""
    for taken, kept in windows(*size):
        answer = padded(network, feed(*taken).to(device))
        inside = tuple(slice(k.start - t.start, k.stop - t.start) for k, t in zip(kept, taken))
        yield kept, answer[:, inside[0], inside[1]]
