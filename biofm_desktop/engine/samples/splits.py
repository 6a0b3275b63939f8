"""Seeded splits that keep groups together and classes in proportion."""

from dataclasses import replace

import numpy as np

from .base import Sample


def with_split(samples: tuple[Sample, ...], *, seed: int, validation: float, test: float = 0.0) -> tuple[Sample, ...]:
    """Return the samples with a split each.

    A split that the data states is kept. Where it states training rows but no validation rows, ``validation`` (a share
    from 0 to 1) of the training rows is set apart; where it states nothing, ``test`` as well. Samples of one ``group``
    stay together, also with those whose split the data states; classes keep their proportions as far as groups allow.
    The same seed gives the same split.
    """
    samples = _with_their_groups(samples)
    stated = {s.split for s in samples if s.split}
    if not stated:
        samples = _assign(samples, {"val": validation, "test": test}, seed)
    elif "val" not in stated:
        train = [i for i, s in enumerate(samples) if s.split in ("train", "")]
        part = dict(zip(train, _assign(tuple(samples[i] for i in train), {"val": validation}, seed)))
        samples = tuple(part.get(i, s) for i, s in enumerate(samples))
    return samples


def _with_their_groups(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """Return the samples, those without a split in the one that the data states for their group, where it is one."""
    stated: dict[str, set[str]] = {}
    for sample in samples:
        if sample.split and sample.group:
            stated.setdefault(sample.group, set()).add(sample.split)
    one = {group: next(iter(splits)) for group, splits in stated.items() if len(splits) == 1}
    return tuple(s if s.split or s.group not in one else replace(s, split=one[s.group]) for s in samples)


def _assign(samples: tuple[Sample, ...], shares: dict[str, float], seed: int) -> tuple[Sample, ...]:
    """Walk each class's groups in a seeded order and fill the smaller splits first."""
    generator = np.random.default_rng(seed)
    groups: dict[str, list[int]] = {}
    for i, sample in enumerate(samples):
        groups.setdefault(sample.group or f"\0{i}", []).append(i)
    strata: dict[str, list[list[int]]] = {}
    for members in groups.values():
        target = samples[members[0]].target
        stratum = str(target) if isinstance(target, str) else str(target is None)
        strata.setdefault(stratum, []).append(members)
    chosen = ["train"] * len(samples)
    for stratum in sorted(strata):
        parts = strata[stratum]
        order = generator.permutation(len(parts))
        wanted = {name: share * sum(map(len, parts)) for name, share in shares.items() if share > 0}
        filled = dict.fromkeys(wanted, 0)
        for place in order[: len(parts) - 1]:  # at least one group stays for training
            for name, want in wanted.items():
                if filled[name] + len(parts[place]) / 2 <= want:
                    filled[name] += len(parts[place])
                    for i in parts[place]:
                        chosen[i] = name
                    break
    return tuple(replace(sample, split=split) for sample, split in zip(samples, chosen))
