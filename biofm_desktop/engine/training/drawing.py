"""Which items an epoch draws, and in what order."""

from collections.abc import Sequence

import torch
from torch import Tensor

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.tasks import Item

#: Numbers are balanced by this many equal ranges.
_RANGES = 10


class Drawing:
    """Draws item i ``repeats[i]`` times an epoch; with ``strata`` each stratum as often as any other, by chance."""

    def __init__(self, repeats: Sequence[int], strata: Sequence[int] | None = None) -> None:
        self._all = [i for i, times in enumerate(repeats) for _ in range(times)]
        self._chances: Tensor | None = None
        if strata is not None:
            of_item = torch.tensor([strata[i] for i in self._all])
            self._chances = 1.0 / torch.bincount(of_item)[of_item].double()

    def order(self, chance: torch.Generator) -> list[int]:
        """Return the items of an epoch, one after the other."""
        size = len(self._all)
        if self._chances is None:
            places = torch.randperm(size, generator=chance)
        else:
            places = torch.multinomial(self._chances, size, replacement=True, generator=chance)
        return [self._all[n] for n in places.tolist()]


def strata_of(items: Sequence[Item]) -> list[int]:
    """Return the stratum of each item: its class, the rarest class of its mask, or the range of its number."""
    targets = [items[i].target for i in range(len(items))]
    known = [target for target in targets if target is not None]
    if len(known) < len(targets) or not known:
        raise Fault("balanced sampler", "a training sample has no label", "Draw samples naturally")
    if known[0].is_floating_point():
        return _ranges(torch.stack([target.flatten()[0] for target in known]))
    if known[0].ndim == 0:
        return [int(target) for target in known]
    counts = [torch.bincount(target.flatten().long(), minlength=256) for target in known]
    total = torch.stack(counts).sum(0)
    return [int(torch.where(own > 0, total, total.sum() + 1)[:255].argmin()) for own in counts]


def _ranges(values: Tensor) -> list[int]:
    known = values[~values.isnan()]  # a student also learns from samples without a label
    if not len(known):
        return [0] * len(values)
    low, high = known.min(), known.max()
    places = (values - low) / (high - low).clamp(min=1e-12) * _RANGES
    return [_RANGES if place.isnan() else min(_RANGES - 1, int(place)) for place in places]
