"""Learn a few corrected samples without forgetting the others: they are mixed with samples of earlier on.

Rehearsal against forgetting: Robins, Connect. Sci. 7, 123 (1995); Rolnick et al., NeurIPS 2019 (arXiv 1811.11682).
"""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from biofm_desktop.engine.events import EpochDone, Event
from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.samples import Sample
from biofm_desktop.engine.tasks import Item, Task

from .checkpoints import Checkpoints
from .fit import validate
from .state import Movers, Standing

#: An epoch draws at least so many earlier items, so that few corrections meet many of the samples that are known: where
#: only the head is trained, which is cheap, and else.
LEAST_HEAD_ONLY, LEAST = 192, 64
#: At most this share of what is rehearsed are samples that were corrected earlier.
_CORRECTED_BEFORE = 0.5


def rehearsed(
    task: Task,
    corrected: Sequence[Sample],
    earlier: Sequence[Sample],
    before: Collection[str],
    replay: float,
    least: int,
    seed: int,
) -> list[Sample]:
    """Return the earlier samples to learn along: ``replay`` times as many draws as the corrected ones have.

    There are ``least`` draws where the corrected ones are few. Up to half are samples that were corrected ``before``.
    """
    if replay <= 0 or not earlier:
        return []
    wanted = max(replay * sum(task.draws(sample) for sample in corrected), least)
    chance = np.random.default_rng(seed)
    shuffled = [earlier[n] for n in chance.permutation(len(earlier))]
    first = _up_to(task, [s for s in shuffled if s.key in before], wanted * _CORRECTED_BEFORE)
    taken = {sample.key for sample in first}
    rest = wanted - sum(task.draws(sample) for sample in first)
    return first + _up_to(task, [s for s in shuffled if s.key not in taken], rest)


def _up_to(task: Task, samples: Sequence[Sample], wanted: float) -> list[Sample]:
    taken: list[Sample] = []
    drawn = 0
    for sample in samples:
        if drawn >= wanted:
            break
        taken.append(sample)
        drawn += task.draws(sample)
    return taken


def shared_out(repeats: Sequence[int], corrected: int, replay: float) -> list[int]:
    """Return how often an epoch draws each item, the first ``corrected`` of them so that replay keeps its share."""
    own, others = sum(repeats[:corrected]), sum(repeats[corrected:])
    wanted = others / replay if others else LEAST / 2
    times = max(1, round(wanted / max(1, own)))
    return [n * times for n in repeats[:corrected]] + list(repeats[corrected:])


def kept_norms(network: nn.Module) -> set[str]:
    """Return the names of the batch norms: a few samples must not become their idea of all samples."""
    return {name for name, module in layer_modules(network).items() if isinstance(module, _BatchNorm)}


class LastKept(Checkpoints):
    """Keeps the last weights, not those best on validation: a correction is learnt last. It cannot be gone on with."""

    def keep_best(self, epoch: int) -> None:
        """Keep nothing of its own."""

    def keep_state(self, standing: Standing, movers: Movers, *, now: bool = False) -> None:
        """Keep none: it takes a moment, and would begin anew."""


class Watched:
    """Looks at the corrected items after each epoch; ``figures`` are the task's on them, and the mean loss."""

    def __init__(self, task: Task, corrected: Sequence[Item], device: torch.device, batch: int) -> None:
        self._task, self._corrected, self._device, self._batch = task, corrected, device, batch
        self.figures: dict[str, float] = {}

    def __call__(self, network: nn.Module, _: EpochDone) -> Iterator[Event]:
        """Look at the items; nothing is told."""
        found = validate(network, self._task, self._corrected, self._device, self._batch)
        self.figures = {"loss": found.loss, **found.metrics}
        return iter(())
