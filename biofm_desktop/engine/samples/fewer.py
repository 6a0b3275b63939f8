"""Fewer labels: a part of the training samples of each class, to see how many labels are needed."""

import numpy as np

from .base import Sample


def fewer(samples: tuple[Sample, ...], per_class: float, seed: int) -> tuple[Sample, ...]:
    """Return the samples with so many training samples of each class, chosen by seed; the other splits stay whole.

    ``per_class`` below 1 is a share of each class, of which at least one stays; 0 keeps all. Samples without a class
    name (masks, numbers) count as one class. With one seed, fewer labels are always a part of more.
    """
    if not per_class:
        return samples
    strata: dict[str, list[int]] = {}
    for place, sample in enumerate(samples):
        if sample.split in ("train", ""):
            strata.setdefault(sample.target if isinstance(sample.target, str) else "", []).append(place)
    generator, left_out = np.random.default_rng(seed), set[int]()
    for name in sorted(strata):
        members = strata[name]
        wanted = int(per_class) if per_class >= 1 else max(1, round(per_class * len(members)))
        left_out |= {members[n] for n in generator.permutation(len(members))[wanted:]}
    return tuple(sample for place, sample in enumerate(samples) if place not in left_out)
