"""Which samples to label next: unsure ones that are unlike each other and unlike those that are labelled already."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

#: How proposals are spread, best first as measured (`tests/benchmarks/bench_active.py`).
SPREADS = ("clusters", "badge", "core-set", "none")
#: So many times as many unsure samples as asked for are sorted into groups: with 10 proposals were better for a good
#: model (red cells), but worse than chance for one that had seen 40 samples (promoters).
_WIDER = 20
#: A sample farther from all labelled ones than this share of them are from each other is unlike them.
_UNLIKE = 0.95
_FEW = 5
_ROWS = 1024


@dataclass(frozen=True)
class Choice:
    """One proposal: its place in the pool, how many unsure samples it stands for (itself with them), how far it is
    from the nearest labelled sample, and whether it is farther from all than these are from each other."""

    place: int
    group: int
    distance: float | None
    unlike: bool


def choose(
    features: Matrix,
    doubts: NDArray[np.float64],
    labelled: Matrix,
    count: int,
    *,
    spread: str = SPREADS[0],
    probabilities: Matrix | None = None,
    seed: int = 0,
) -> list[Choice]:
    """Return ``count`` proposals out of a pool, the most telling first.

    ``features`` (N, D) and ``labelled`` (M, D) are of length 1; ``doubts`` (N,) are 0 or more; ``probabilities``
    (N, classes) where there are any. ``spread``: see the functions; ``none`` takes the most uncertain ones.
    """
    count = min(count, len(features))
    if not count:
        return []
    groups = np.ones(count, np.int64)
    if spread == "clusters":
        chosen, groups = _clusters(features, doubts, count, seed)
    elif spread == "badge":
        chosen = _badge(features, doubts, probabilities, count, seed)
    elif spread == "core-set":
        chosen = _core_set(features, doubts, labelled, count)
    else:
        chosen = np.argsort(-doubts, kind="stable")[:count]
    distances = nearest(features[chosen], labelled) if len(labelled) else None
    limit = _usual_distance(labelled)
    order = np.argsort(-doubts[chosen], kind="stable")
    return [
        Choice(
            int(chosen[n]),
            int(groups[n]),
            None if distances is None else float(distances[n]),
            limit is not None and distances is not None and float(distances[n]) > limit,
        )
        for n in order
    ]


def nearest(features: Matrix, others: Matrix, *, themselves: bool = False) -> NDArray[np.float64]:
    """Return the distance of each row to the nearest other one (``themselves``: both are the same rows)."""
    found = np.empty(len(features))
    for start in range(0, len(features), _ROWS):
        near = _squared(features[start : start + _ROWS], others)
        if themselves:
            near[np.arange(len(near)), start + np.arange(len(near))] = np.inf
        found[start : start + _ROWS] = near.min(1)
    return np.sqrt(np.maximum(found, 0.0))


def _squared(first: Matrix, second: Matrix) -> NDArray[np.float64]:
    lengths = (first**2).sum(1)[:, None] + (second**2).sum(1)[None]
    made: NDArray[np.float64] = np.maximum(lengths - 2 * (first @ second.T), 0.0).astype(np.float64)
    return made


def _usual_distance(labelled: Matrix) -> float | None:
    """Return up to where the distance to the nearest labelled sample is usual; None where too few say so."""
    if len(labelled) < _FEW:
        return None
    return float(np.quantile(nearest(labelled, labelled, themselves=True), _UNLIKE))


def _clusters(
    features: Matrix, doubts: NDArray[np.float64], count: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Sort the most uncertain samples into groups, doubt as weight; take the one in the middle of each group.

    Zhdanov, "Diverse mini-batch active learning", arXiv 1901.05954.
    """
    from sklearn.cluster import KMeans

    candidates = np.argsort(-doubts, kind="stable")[: count * _WIDER]
    points, weights = features[candidates], doubts[candidates] + 1e-9
    count_of_kinds = len(np.unique(points, axis=0))
    if count_of_kinds <= count:
        chosen = candidates[:count]
        return chosen, np.ones(len(chosen), np.int64)
    found = KMeans(count, n_init=1, random_state=seed).fit(points, sample_weight=weights)
    far = _squared(points, found.cluster_centers_.astype(np.float32))
    middles = [int(np.argmin(np.where(found.labels_ == n, far[:, n], np.inf))) for n in range(count)]
    return candidates[middles], np.bincount(found.labels_, minlength=count)


def _badge(
    features: Matrix, doubts: NDArray[np.float64], probabilities: Matrix | None, count: int, seed: int
) -> NDArray[np.intp]:
    """Draw as k-means++ does among the gradients that each sample would give the head (Ash et al., ICLR 2020).

    The gradient of a sample is (probabilities - its likeliest class) x features; their distances are worked out without
    making them. Without probabilities the features times the doubt stand for it.
    """
    if probabilities is None:
        error: Matrix = doubts[:, None].astype(np.float32)
    else:
        error = probabilities.astype(np.float32).copy()
        error[np.arange(len(error)), error.argmax(1)] -= 1
    size = (error**2).sum(1) * (features**2).sum(1)
    chance, chosen = np.random.default_rng(seed), [int(size.argmax())]
    far = np.full(len(features), np.inf)
    while len(chosen) < count:
        last = chosen[-1]
        alike = (error @ error[last]) * (features @ features[last])
        far = np.minimum(far, np.maximum(size + size[last] - 2 * alike, 0.0))
        far[chosen] = 0.0
        total = far.sum()
        left = np.setdiff1d(np.arange(len(features)), chosen)
        chosen.append(int(chance.choice(len(far), p=far / total) if total > 0 else chance.choice(left)))
    return np.array(chosen)


def _core_set(features: Matrix, doubts: NDArray[np.float64], labelled: Matrix, count: int) -> NDArray[np.intp]:
    """Take each time the sample farthest from all that are labelled or taken (Sener and Savarese, ICLR 2018)."""
    chosen: list[int] = []
    far = nearest(features, labelled) if len(labelled) else np.full(len(features), np.inf)
    while len(chosen) < count:
        place = int(far.argmax()) if np.isfinite(far).all() else int(doubts.argmax())
        chosen.append(place)
        far = np.minimum(far, np.sqrt(_squared(features, features[[place]])[:, 0]))
        far[chosen] = -1.0
    return np.array(chosen)


def in_words(choice: Choice, doubt: str) -> str:
    """Return why a sample is proposed: what the model is unsure of, and what is special about it."""
    said = [doubt] if doubt else []
    if choice.unlike:
        said.append("unlike all labelled samples")
    if choice.group > 1:
        said.append(f"stands for {choice.group} samples like it")
    return "; ".join(said) or "fills a gap between the labelled samples"


def as_matrix(rows: Sequence[NDArray[np.float32]]) -> Matrix:
    """Return vectors as the rows of a matrix (none: an empty one)."""
    return np.stack(rows) if rows else np.zeros((0, 1), np.float32)
