"""The training loop: a stream of events; not asking for the next one pauses it, closing it stops it."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from biofm_desktop.engine.events import EpochDone, Event, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.forward import answers
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Item, Task

from .checkpoints import Checkpoints
from .freezing import freeze, train_mode
from .trunk import Views, frozen_trunk

_CLIP = 1.0
_WARM_UP = 0.15
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
) -> Iterator[Event]:
    """Train with AdamW on a one-cycle schedule (Smith and Topin, arXiv 1708.07120), gradients clipped to norm 1.

    ``options`` are resolved (no 0 left). Each epoch sees item i ``repeats[i]`` times, augmented. Where only the head is
    trained, the frozen trunk sees a few views of each item and no more (see `trunk`). Raises `Fault` when the loss
    or a gradient is not finite, before the step that would spoil the weights.
    """
    torch.manual_seed(options.seed)  # dropout draws from torch's own chance
    freeze(network, frozen)
    weights = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=options.learning_rate, weight_decay=options.weight_decay)
    a_pass = math.ceil(sum(repeats) / options.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        options.learning_rate,
        total_steps=a_pass * options.epochs + 1,
        pct_start=_WARM_UP,
        cycle_momentum=False,
    )
    chance = torch.Generator().manual_seed(options.seed)
    drawn = [i for i, times in enumerate(repeats) for _ in range(times)]
    trunk = frozen_trunk(network, task, frozen, train[0], device)
    learner = trunk.head if trunk else network
    views = Views(trunk, task, train) if trunk else None
    held_out = trunk.seen(validation) if trunk else validation
    step, best, best_epoch = 0, -math.inf, 0
    for epoch in range(1, options.epochs + 1):
        train_mode(network, frozen)
        order = [drawn[place] for place in torch.randperm(len(drawn), generator=chance).tolist()]
        losses: list[float] = []
        for start in range(0, len(order), options.batch_size):
            chosen = order[start : start + options.batch_size]
            if len(chosen) == 1 and start:  # batch norm cannot learn from one sample
                break
            batch = views.batch(chosen, epoch, chance) if views else [task.augment(train[i], chance) for i in chosen]
            rate = optimizer.param_groups[0]["lr"]
            loss = _step(learner, task, batch, optimizer, weights, device, step + 1)
            schedule.step()
            step += 1
            losses.append(loss)
            yield StepDone(step, epoch, loss, rate)
        done = EpochDone(epoch, step, sum(losses) / len(losses), None, {})
        if len(validation):
            found = validate(learner, task, held_out, device, options.batch_size)
            better = found.metrics.get(task.metric, 0.0) - _LOSS_COUNTS * found.loss
            done = EpochDone(epoch, step, done.train_loss, found.loss, found.metrics, best=better > best)
            if better > best:
                best, best_epoch = better, epoch
                checkpoints.keep_best(epoch)
        checkpoints.keep_last()
        yield done
        if len(validation) and epoch - best_epoch >= options.patience:
            return


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
