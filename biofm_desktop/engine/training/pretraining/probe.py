"""The linear probe: how much a network knows of the classes before it was taught any.

A linear classifier is trained on what the network makes of labelled samples (Alain and Bengio, arXiv 1610.01644).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from biofm_desktop.engine.tasks import Item

from .backbone import Backbone

_BATCH = 64
#: Features of places are pooled to so many along each axis of a picture, and along a sequence.
_SIDE, _STRETCHES = 2, 16
#: More samples than this tell nothing more.
_MOST = 4000


@dataclass(frozen=True)
class Probe:
    """Figures of a linear classifier on held-out samples, from 0 to 1; on how many it was taught and judged."""

    accuracy: float
    macro_f1: float
    taught: int
    judged: int


def probed(
    backbone: Backbone,
    by_place: bool,
    train: Sequence[Item],
    held_out: Sequence[Item],
    device: torch.device,
    seed: int = 0,
) -> Probe | None:
    """Return how well classes are told by the backbone's features; None where fewer than two are labelled.

    ``by_place`` looks at the features of places, pooled coarsely; else at those of the whole.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    (x, y), (seen, truth) = (_features(backbone, by_place, part, device, seed) for part in (train, held_out))
    if len(np.unique(y)) < 2 or not len(truth):
        return None
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=2000))
    said = linear.fit(x, y).predict(seen)
    figures = accuracy_score(truth, said), f1_score(truth, said, average="macro", zero_division=0)
    return Probe(float(figures[0]), float(figures[1]), len(y), len(truth))


def _features(
    backbone: Backbone, by_place: bool, items: Sequence[Item], device: torch.device, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return features (N, D) float32 and classes (N,) int64 of the labelled items, at most `_MOST` of them."""
    order = np.random.default_rng(seed).permutation(len(items)).tolist()
    chosen: list[Item] = []
    for index in order:
        item = items[index]
        if item.target is not None and item.target.ndim == 0 and not item.target.is_floating_point():
            chosen.append(item)
        if len(chosen) == _MOST:
            break
    made: list[Tensor] = []
    training = backbone.training
    backbone.eval()
    try:
        with torch.inference_mode():
            for start in range(0, len(chosen), _BATCH):
                batch = torch.stack([item.inputs for item in chosen[start : start + _BATCH]]).to(device)
                whole, places = backbone(batch)
                made.append((_pooled(places) if by_place else whole).float().cpu())
    finally:
        backbone.train(training)
    targets = np.array([int(item.target) for item in chosen if item.target is not None], np.int64)
    return (torch.cat(made).numpy() if made else np.zeros((0, 1), np.float32)), targets


def _pooled(places: Tensor) -> Tensor:
    if places.ndim == 4:
        return functional.adaptive_avg_pool2d(places, _SIDE).flatten(1)
    return functional.adaptive_avg_pool1d(places, min(_STRETCHES, places.shape[-1])).flatten(1)
