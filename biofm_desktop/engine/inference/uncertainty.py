"""How unsure a model is: of a class, of a pixel, of a number; 0 is sure, 1 (for classes) as unsure as can be."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.nn.modules.dropout import _DropoutNd

#: The side of the patches among which the most uncertain one is looked for, in pixels.
PATCH = 32


def least_confidence(probabilities: Tensor) -> Tensor:
    """Return what is missing to full confidence in the likeliest class: (..., classes) to (...)."""
    return (1 - probabilities.amax(-1)) / (1 - 1 / probabilities.shape[-1])


def margin(probabilities: Tensor) -> Tensor:
    """Return how near the second class is to the first (Scheffer et al., IDA 2001): (..., classes) to (...)."""
    best = probabilities.topk(2, -1).values
    return 1 - (best[..., 0] - best[..., 1])


def entropy(probabilities: Tensor) -> Tensor:
    """Return Shannon's entropy as a share of the largest there can be: (..., classes) to (...)."""
    return torch.special.entr(probabilities).sum(-1) / math.log(probabilities.shape[-1])


MEASURES: dict[str, Callable[[Tensor], Tensor]] = {
    "margin": margin,
    "least-confidence": least_confidence,
    "entropy": entropy,
}


def worst_patch(doubt: Tensor, side: int = PATCH) -> tuple[float, tuple[int, int]]:
    """Return the mean doubt of the most uncertain patch of a (Y, X) map, and its middle (y, x) in pixels."""
    size = min(side, *doubt.shape)
    stride = max(1, size // 2)
    means = avg_pool2d(doubt[None, None], size, stride)[0, 0]
    place = int(means.argmax())
    down, across = divmod(place, means.shape[1])
    return float(means.flatten()[place]), (down * stride + size // 2, across * stride + size // 2)


@contextmanager
def dropping(network: nn.Module, seed: int) -> Iterator[bool]:
    """Let the dropout layers of a network in eval mode draw inside the block (Gal and Ghahramani, ICML 2016).

    Gives whether there are any that drop something. The chance is the block's own.
    """
    layers = [m for m in network.modules() if isinstance(m, _DropoutNd) and m.p > 0]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in layers:
            layer.train()
        try:
            yield bool(layers)
        finally:
            for layer in layers:
                layer.eval()
