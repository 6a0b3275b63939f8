"""The training loop: a stream of events; not asking for the next one pauses it, closing it stops it."""

import math
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from biofm_desktop.engine.events import EpochDone, Event, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.forward import answers
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Item, Task

from .checkpoints import Checkpoints
from .freezing import freeze, train_mode
from .state import Movers, Standing, digest_of
from .trunk import Views, frozen_trunk

_CLIP = 1.0
_WARM_UP = 0.15
#: The highest learning rate of a training that is extended, of what it was: it shall not forget what it knows.
_EXTENDED = 0.3
#: How much the validation loss counts beside the headline figure: of two equal figures the surer one is the better.
_LOSS_COUNTS = 0.1


@dataclass(frozen=True)
class Validation:
    """How well the network does on the validation items: mean loss and the task's figures."""

    loss: float
    metrics: dict[str, float]


def validate(
    network: nn.Module, task: Task, items: Sequence[Item], device: torch.device, batch_size: int
) -> Validation:
    """Return the figures over all items."""
    said, truth, losses = [], [], []
    for index, answer, loss in answers(network, task, items, device, batch_size):
        target = items[index].target
        assert target is not None
        assert loss is not None
        said.append(answer)
        truth.append(target)
        losses.append(loss)
    return Validation(float(torch.stack(losses).mean()), task.score(said, truth))


def fit(
    network: nn.Module,
    task: Task,
    train: Sequence[Item],
    validation: Sequence[Item],
    options: FitOptions,
    *,
    frozen: Collection[str],
    repeats: Sequence[int],
    checkpoints: Checkpoints,
    device: torch.device,
    go_on: bool = False,
) -> Generator[Event, None, None]:
    """Train with AdamW on a one-cycle schedule (Smith and Topin, arXiv 1708.07120), gradients clipped to norm 1.

    ``options`` are resolved (no 0 left). Each epoch sees item i ``repeats[i]`` times, augmented. Where only the head is
    trained, the frozen trunk sees a few views of each item and no more (see `trunk`). With ``go_on`` it goes on from
    the state that was kept last, and ends with the weights of a training that was never broken off (bit for bit on a
    CPU). Raises `Fault` when the loss or a gradient is not finite, before the step that would spoil the weights, and
    where it cannot go on.
    """
    torch.manual_seed(options.seed)  # dropout draws from torch's own chance
    freeze(network, frozen)
    weights = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=options.learning_rate, weight_decay=options.weight_decay)
    a_pass = math.ceil(sum(repeats) / options.batch_size)
    schedule = _one_cycle(optimizer, options.learning_rate, a_pass * options.epochs)
    chance = torch.Generator().manual_seed(options.seed)
    drawn = [i for i, times in enumerate(repeats) for _ in range(times)]
    trunk = frozen_trunk(network, task, frozen, train[0], device)
    learner = trunk.head if trunk else network
    views = Views(trunk, task, train, options.seed) if trunk else None
    held_out = trunk.seen(validation) if trunk else validation
    movers = Movers(network, optimizer, schedule, chance)
    data = digest_of(repeats, (len(train), len(validation)))
    at = checkpoints.go_on(movers, data) if go_on else Standing(data, options.epochs)
    if at.epochs < options.epochs:
        left = a_pass * (options.epochs - at.epoch + 1) - at.place
        movers = replace(movers, schedule=_one_cycle(optimizer, options.learning_rate * _EXTENDED, left))
        at.epochs = options.epochs
    try:
        while at.epoch <= options.epochs:
            train_mode(network, frozen)
            at.order = at.order or [drawn[n] for n in torch.randperm(len(drawn), generator=chance).tolist()]
            for chosen in _batches(at.order, options.batch_size)[at.place :]:
                batch = views.batch(chosen, at.epoch) if views else [task.augment(train[i], chance) for i in chosen]
                rate = optimizer.param_groups[0]["lr"]
                loss = _step(learner, task, batch, optimizer, weights, device, at.step + 1)
                movers.schedule.step()
                at.step, at.place = at.step + 1, at.place + 1
                at.losses.append(loss)
                checkpoints.keep_state(at, movers)
                yield StepDone(at.step, at.epoch, loss, rate)
            done = EpochDone(at.epoch, at.step, sum(at.losses) / len(at.losses), None, {})
            if len(validation):
                found = validate(learner, task, held_out, device, options.batch_size)
                better = found.metrics.get(task.metric, 0.0) - _LOSS_COUNTS * found.loss
                done = replace(done, validation_loss=found.loss, metrics=found.metrics, best=better > at.best)
                if better > at.best:
                    at.best, at.best_epoch = better, at.epoch
                    checkpoints.keep_best(at.epoch)
            checkpoints.keep_last()
            at.end_epoch()
            yield done
            if len(validation) and done.epoch - at.best_epoch >= options.patience:
                break
    except GeneratorExit:  # stopped: it can go on from here
        checkpoints.keep_state(at, movers, now=True)
        raise
    checkpoints.keep_state(at, movers, now=True)


def _one_cycle(optimizer: torch.optim.Optimizer, highest: float, steps: int) -> torch.optim.lr_scheduler.OneCycleLR:
    return torch.optim.lr_scheduler.OneCycleLR(
        optimizer, highest, total_steps=steps + 1, pct_start=_WARM_UP, cycle_momentum=False
    )


def _batches(order: Sequence[int], size: int) -> list[Sequence[int]]:
    """Return the batches of an epoch; a last one of a single item is left out: batch norm cannot learn from it."""
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) == 1 else batches


def _step(
    network: nn.Module,
    task: Task,
    batch: list[Item],
    optimizer: torch.optim.Optimizer,
    weights: list[nn.Parameter],
    device: torch.device,
    step: int,
) -> float:
    inputs = torch.stack([item.inputs for item in batch]).to(device)
    target = torch.stack([_target(item) for item in batch]).to(device)
    statistics = [buffer.clone() for buffer in network.buffers()]  # batch norm notes a batch before its loss is known
    optimizer.zero_grad(set_to_none=True)
    loss = task.loss(network(inputs), target)
    value = float(loss.detach())
    finite = math.isfinite(value)
    if finite:
        loss.backward()
        finite = math.isfinite(float(nn.utils.clip_grad_norm_(weights, _CLIP)))
    if not finite:
        for buffer, before in zip(network.buffers(), statistics):
            buffer.copy_(before)
        raise Fault(
            "training",
            f"the loss is no longer a number ({value}, or its gradient)",
            "The weights from before this step are kept; try a lower learning rate or look for broken values",
            place=f"step {step}",
        )
    optimizer.step()
    return value


def _target(item: Item) -> Tensor:
    assert item.target is not None
    return item.target
