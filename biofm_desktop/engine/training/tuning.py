"""Thresholds between classes, tuned on validation items after training; test items are never looked at.

The idea is that of scikit-learn's ``TunedThresholdClassifierCV``: the network stays, the line between its answers
moves. Of two classes that is one probability, of more an offset on the logit of each class (a shift of the prior).

What is tuned on few samples need not hold for others (of twelve classes and 500 samples it did not). So it is tuned on
four fifths of the samples and judged on the fifth that was left aside, in turn, groups kept together: thresholds that
do not do better there by more than the doubt of it (one standard error) are not taken, and those that are taken are
the mean of the five.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

import numpy as np
import torch
from torch import Tensor, nn

from biofm_desktop.engine.events import Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.forward import answers
from biofm_desktop.engine.inference.tiling import each_window
from biofm_desktop.engine.samples import Grain
from biofm_desktop.engine.tasks import Item
from biofm_desktop.engine.tasks.balanced import BalancedTask
from biofm_desktop.engine.tasks.picture_augmentation import IGNORED
from biofm_desktop.engine.tasks.thresholds import figures, likeliest, shifted_by

#: So many pixels of each picture are looked at.
_PIXELS = 40_000
_CANDIDATES, _ROUNDS, _FOLDS = 99, 3, 5
_STEPS, _WIDEST = 33, 4.0


@dataclass(frozen=True)
class Tuned:
    """Offsets on the logits, and the figure on validation items that were left aside in tuning, without and with them.

    The offsets are empty where they did not surely do better.
    """

    figure: str
    offsets: tuple[float, ...]
    before: float
    after: float


def tuned(
    network: nn.Module,
    task: BalancedTask,
    items: Sequence[Item],
    figure: str,
    device: torch.device,
    batch_size: int,
    groups: Sequence[str] = (),
) -> Generator[Progress, None, Tuned]:
    """Return the offsets with which a figure of the task (``headline``: its own) is best on the items.

    It tells how far it is at every try, many times a second. Items of one of the ``groups`` (one for each item; none:
    each is its own) are left aside together. Raises `Fault` where the task has no such figure. Of offsets that do as
    well, the smallest are taken.
    """
    task, figure = replace(task, offsets=()), task.metric if figure == "headline" else figure
    logits, truth = yield from _looked_at(network, task, items, device, batch_size)
    folds = _folds(groups or [str(i) for i in range(len(logits))])
    shifted, found = list(logits), list[list[float]]()
    for done, aside in enumerate(folds):
        kept = [i for i in range(len(logits)) if i not in aside or len(folds) == 1]
        how_far = Progress(done, len(folds), "Tuning thresholds")
        offsets = yield from _best(task, [logits[i] for i in kept], [truth[i] for i in kept], figure, how_far)
        found.append(offsets)
        for i in aside:
            shifted[i] = shifted_by(logits[i], offsets)
    nothing = [0.0] * task.outputs
    before, after = (_judge(task, answers_of, truth, figure)(nothing) for answers_of in (logits, shifted))
    gains = [
        _judge(task, [shifted[i] for i in fold], [truth[i] for i in fold], figure)(nothing)
        - _judge(task, [logits[i] for i in fold], [truth[i] for i in fold], figure)(nothing)
        for fold in folds
    ]
    doubt = stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
    holds = after > before and fmean(gains) > doubt
    return Tuned(figure, tuple(map(fmean, zip(*found))) if holds else (), before, after)


def _folds(groups: Sequence[str]) -> list[set[int]]:
    """Return at most five parts of the items, of about as many groups each."""
    names = list(dict.fromkeys(groups))
    if len(names) == 1:
        return _folds([str(i) for i in range(len(groups))]) if len(groups) > 1 else [{0}]
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(0)).tolist()
    part = {names[n]: place % _FOLDS for place, n in enumerate(order)}
    return [{i for i, group in enumerate(groups) if part[group] == n} for n in range(min(_FOLDS, len(names)))]


def _best(
    task: BalancedTask, logits: Sequence[Tensor], truth: Sequence[Tensor], figure: str, how_far: Progress
) -> Generator[Progress, None, list[float]]:
    """Return the best offsets for these answers, found by changing one after the other; tell how far at each try."""
    judge, offsets, binary = _judge(task, logits, truth, figure), [0.0] * task.outputs, task.outputs == 2
    best = judge(offsets)
    for _ in range(1 if binary else _ROUNDS):
        stood = best
        for place in [1] if binary else range(task.outputs):
            for candidate in _candidates(logits) if binary else _steps():
                tried = [*offsets[:place], candidate, *offsets[place + 1 :]]
                found = judge(tried)
                yield how_far
                if found > best + 1e-9:
                    best, offsets = found, tried
        if best <= stood:
            break
    return offsets


def _steps() -> list[float]:
    return sorted(np.linspace(-_WIDEST, _WIDEST, _STEPS).tolist(), key=abs)


def _candidates(logits: Sequence[Tensor]) -> list[float]:
    """Return offsets of the second class that lie between its scores, the smallest first."""
    margins = torch.cat([(pair[1] - pair[0]).flatten() for pair in logits]).double().numpy()
    edges = np.unique(np.quantile(margins, np.linspace(0.005, 0.995, 2 * _CANDIDATES)))
    return sorted((-(edges[:-1] + edges[1:]) / 2).tolist(), key=abs)


def _judge(
    task: BalancedTask, logits: Sequence[Tensor], truth: Sequence[Tensor], figure: str
) -> Callable[[Sequence[float]], float]:
    """Return what gives the figure with some offsets."""
    if task.grain is Grain.SAMPLE and figure in ("accuracy", "balanced_accuracy", "macro_f1", "mcc"):
        answers_of, true = torch.stack(list(logits)).T, torch.stack(list(truth)).numpy()

        def quick(offsets: Sequence[float]) -> float:
            said = likeliest(shifted_by(answers_of, offsets)).numpy()
            table = np.bincount(true * task.outputs + said, minlength=task.outputs**2)
            return figures(table.reshape(task.outputs, task.outputs))[figure]

        return quick

    known = task.score([task.compact(pair) for pair in logits], truth)
    if figure not in known:
        raise Fault(
            f"option --tune {figure}", f"{task.title.lower()} has no such figure", f"Choose headline ({task.metric})"
        )
    return lambda offsets: task.score([task.compact(shifted_by(pair, offsets)) for pair in logits], truth)[figure]


def _looked_at(
    network: nn.Module, task: BalancedTask, items: Sequence[Item], device: torch.device, batch_size: int
) -> Generator[Progress, None, tuple[list[Tensor], list[Tensor]]]:
    """Return the logits (classes, ...) and the truth of each item; of pictures for some pixels."""
    told, count = "Looking at validation samples", len(items)
    truth, logits, training = list[Tensor](), list[Tensor](), network.training
    if task.grain is not Grain.PIXEL:
        for i, said, _ in answers(network, task, items, device, batch_size):
            logits.append(said)
            yield Progress(i + 1, count, told)
        return logits, [target for i in range(count) if (target := items[i].target) is not None]
    chance = torch.Generator().manual_seed(0)
    network.eval()
    try:
        for i in range(count):
            yield Progress(i, count, told)
            item = items[i]
            if item.target is None:
                continue
            with torch.inference_mode():
                said, true = _some_pixels(network, item.inputs, item.target, device, chance)
            logits.append(said)
            truth.append(true)
    finally:
        network.train(training)
    return logits, truth


def _some_pixels(
    network: nn.Module, inputs: Tensor, target: Tensor, device: torch.device, chance: torch.Generator
) -> tuple[Tensor, Tensor]:
    share = _PIXELS / max(1, target.numel())
    looked_at = (torch.rand(target.shape, generator=chance) < share) & (target != IGNORED)
    said, true = list[Tensor](), list[Tensor]()
    height, width = target.shape
    for (down, across), logits in each_window(network, (height, width), lambda d, a: inputs[:, d, a], device):
        here = looked_at[down, across]
        said.append(logits.float().cpu()[:, here])
        true.append(target[down, across][here])
    return torch.cat(said, 1), torch.cat(true)
