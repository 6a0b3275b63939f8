"""How long a step of a training takes, from a few of them."""

import statistics
import time
from collections.abc import Callable, Sequence

from torch import nn

from biofm_desktop.engine.tasks import Item, Task

from .learner import Learner

_WARM, _STEPS, _MOST_SECONDS = 1, 5, 6.0


def seconds_a_step(learner: Learner, module: nn.Module, task: Task, batch: Sequence[Item]) -> float:
    """Return the median of up to five steps after a first one, in about six seconds at most; nothing is learnt."""
    spent, began = list[float](), time.perf_counter()
    learner.train_mode()
    for number in range(_WARM + _STEPS):
        learner.set_rate(0.0)
        start = time.perf_counter()
        learner.step(module, task, batch)
        if learner.device.type == "cuda":
            import torch

            torch.cuda.synchronize(learner.device)
        if number >= _WARM:
            spent.append(time.perf_counter() - start)
        if spent and time.perf_counter() - began > _MOST_SECONDS:
            break
    return statistics.median(spent)


def seconds_a_pass(act: Callable[[], object]) -> float:
    """Return the median of three calls after a first one, in about six seconds at most."""
    spent, began = list[float](), time.perf_counter()
    for number in range(_WARM + 3):
        start = time.perf_counter()
        act()
        if number >= _WARM:
            spent.append(time.perf_counter() - start)
        if spent and time.perf_counter() - began > _MOST_SECONDS:
            break
    return statistics.median(spent)
