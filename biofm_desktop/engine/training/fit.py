"""The training loop: a stream of events; not asking for the next one pauses it, closing it stops it."""

import math
import time
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, cast

import sklearn.metrics  # noqa: F401 - tasks score with it: seconds that must not lie between a wish to stop and its end
import torch
from torch import nn
from torch.utils.data import Dataset, Subset

from biofm_desktop.engine.events import Changed, EpochDone, Event, StepDone, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.devices import same_bits
from biofm_desktop.engine.inference.forward import answers
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import ReadingEnded
from biofm_desktop.engine.tasks import Item, Task

from .checkpoints import Checkpoints
from .drawing import Drawing, strata_of
from .feed import Feed
from .learner import Learner, NotFinite
from .schedules import Schedule
from .state import Chance, Movers, Standing, digest_of
from .steering import Steering, Wish, change_of
from .team import Alone, Team, team_on, together
from .unfreezing import Unfreezing

#: The highest learning rate of a training that is extended, of what it was: it shall not forget what it knows.
_EXTENDED = 0.3
#: How much the validation loss counts beside the headline figure: of two equal figures the surer one is the better.
_LOSS_COUNTS = 0.1
#: So many batches in a row may be left out for their broken loss.
_MOST_SKIPPED = 10
_NAMED = 8
#: Several processes ask each other so often whether the user wishes something.
_STEPS_BETWEEN = 10
#: While they wait, they ask so often whether to go on.
_LOOK_SECONDS = 0.5

#: What is done after each epoch with the network that is judged, and what it tells.
AfterEpoch = Callable[[nn.Module, EpochDone], Iterable[Event]]


@dataclass(frozen=True)
class Validation:
    """How well the network does on the validation items: mean loss and the task's figures."""

    loss: float
    metrics: dict[str, float]
    notes: dict[str, Any]


def validate(
    network: nn.Module,
    task: Task,
    items: Sequence[Item],
    device: torch.device,
    batch_size: int,
    team: Team | None = None,
) -> Validation:
    """Return the figures over all items; each process of a ``team`` looks at its share."""
    team, found = team or Alone(), []
    # A view, not a slice: items that memory cannot hold are read one by one.
    view = Subset(cast("Dataset[Item]", items), range(len(items))[team.share(items)])
    share = items if team.size == 1 else cast("Sequence[Item]", view)
    for index, answer, loss in answers(network, task, share, device, batch_size):
        target = share[index].target
        assert target is not None
        assert loss is not None
        found.append((answer, target, float(loss)))
    said, truth, losses = zip(*team.gathered(found))
    return Validation(sum(losses) / len(losses), task.score(said, truth), task.notes(said, truth))


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
    steering: Steering | None = None,
    after_epoch: Sequence[AfterEpoch] = (),
    name_of: Callable[[int], str] = str,
    content: str = "",
) -> Generator[Event, None, None]:
    """Train as the options say: by default AdamW, one-cycle, gradients clipped to norm 1.

    ``options`` are resolved (no 0 left). Each epoch sees item i ``repeats[i]`` times, augmented. ``name_of`` gives the
    name of an item's sample, ``content`` stands for what the items hold. Where only the head is trained, the frozen
    trunk sees a few views of each item and no more (see `trunk`). ``steering`` brings changes that the user makes on
    the way. With ``go_on`` it goes on from the state that was kept last, and ends with the weights of a training that
    was never broken off (bit for bit on a CPU). Raises `Fault` when the loss or a gradient is not finite, before the
    step that would spoil the weights, when memory does not suffice, where reading hangs or it cannot go on, and where
    one of several processes is gone.
    """
    loop = _Loop(network, task, train, validation, options, frozen, repeats, checkpoints, device, name_of)
    loop.steering, loop.after_epoch, loop.content = steering or Steering(), after_epoch, content
    with same_bits(options.deterministic), together(loop.team):
        yield from loop.run(go_on)


class _Loop:
    """What one call of `fit` holds."""

    steering: Steering
    after_epoch: Sequence[AfterEpoch]
    content: str

    def __init__(
        self,
        network: nn.Module,
        task: Task,
        train: Sequence[Item],
        validation: Sequence[Item],
        options: FitOptions,
        frozen: Collection[str],
        repeats: Sequence[int],
        checkpoints: Checkpoints,
        device: torch.device,
        name_of: Callable[[int], str],
    ) -> None:
        self.network, self.task, self.train, self.validation = network, task, train, validation
        self.options, self.checkpoints, self.device, self.name_of = options, checkpoints, device, name_of
        self.drawing = Drawing(repeats, strata_of(self.train) if options.sampler == "balanced" else None)
        self.a_pass = math.ceil(sum(repeats) / self._drawn_a_step)
        self.chance = torch.Generator().manual_seed(options.seed)
        self.data = digest_of(repeats, (len(train), len(validation)))
        self.frozen, self.team = set(frozen), team_on(device)
        self.unfreezing = Unfreezing(network, options.unfreeze)

    @property
    def _drawn_a_step(self) -> int:
        return self.options.batch_size * self.options.accumulate

    def run(self, go_on: bool) -> Generator[Event, None, None]:
        """Train from the start, or from where it stood."""
        self._seed(0)
        kept = self.checkpoints.kept_state(self.data) if go_on else None
        at = self.at = kept.standing if kept else Standing(self.data, self.options.epochs)
        self.task = replace(self.task, **at.task) if at.task else self.task
        self.learner = Learner(self.network, self.options, self._frozen_now(), self.device, at.scale, self.team)
        self.schedule = Schedule(self.options, self.a_pass * at.epochs)
        if kept:
            kept.restore(self._movers())
            self.steering.skip(at.changes)
            if self.team.rank:  # what was kept is the chance of the first process
                self._seed(at.step)
        self.checkpoints.watch(self.learner.judged)
        if kept:
            self.checkpoints.go_on(at)
        if at.content not in ("", self.content):
            yield Warned("Samples or labels were changed since it stopped: it goes on with them as they are now")
        at.content = self.content
        if at.epochs < self.options.epochs:
            self._extend(self.options.epochs)
        self._feed()
        try:
            while at.epoch <= at.epochs:
                yield from self._epoch()
                if self.checkpoints.ended:
                    break
        except (GeneratorExit, ReadingEnded):  # stopped, or the drive is gone: it can go on from here
            self.checkpoints.keep_state(at, self._movers(), now=True)
            raise
        self.checkpoints.keep_state(at, self._movers(), now=True)

    def _seed(self, step: int) -> None:
        """Set torch's own chance, which dropout draws from: another one in each process of a team."""
        torch.manual_seed(self.options.seed + self.team.rank * (step + 1))

    def _frozen_now(self) -> set[str]:
        if self.at.frozen is not None:  # the user's last word
            return set(self.at.frozen)
        return self.unfreezing.frozen(self.frozen, self.at.epoch)

    def _movers(self) -> Movers:
        assert self.learner.optimizer is not None
        movers: Movers = {
            "network": self.network,
            "optimizer": self.learner.optimizer,
            "schedule": self.schedule,
            "scaler": self.learner.scaler,
            "pull": self.learner.pull,
            "chance": Chance(self.chance),
        }
        return {**movers, "average": self.learner.averaged} if self.learner.averaged is not None else movers

    def _feed(self) -> None:
        self.feed = Feed(self.learner, self.task, self.train, self.validation, self.options)

    def _extend(self, epochs: int) -> None:
        """Plan for more epochs: a schedule of its own, and lower, over what is left."""
        left = self.a_pass * (epochs - self.at.epoch + 1) - self.at.place
        self.schedule = Schedule(self.options, left)
        self.at.scale *= _EXTENDED
        self.learner.scale = self.at.scale
        self.at.epochs = epochs

    def _epoch(self) -> Generator[Event, None, None]:
        at = self.at
        yield from self._opened()
        self.learner.train_mode()
        at.order = at.order or self.drawing.order(self.chance)
        batches = _batches(at.order, self._drawn_a_step, 2 * self.team.size)[at.place :]
        for chosen, following in zip_longest(batches, batches[1:], fillvalue=()):
            yield from self._changes()
            if self.checkpoints.ended:
                return
            yield from self._step(chosen, following)
        done = EpochDone(at.epoch, at.step, sum(at.losses) / max(1, len(at.losses)), None, {})
        if len(self.validation):
            done = self._validated(done)
        self.checkpoints.keep_epoch(at.epoch, self.options.keep_epochs)
        self.checkpoints.keep_last()
        at.end_epoch()
        yield done
        yield from self._told()
        for act in self.after_epoch:
            yield from act(self.learner.judged, done)
        patience = self.options.patience
        if len(self.validation) and done.epoch < at.epochs and done.epoch - at.best_epoch >= patience:
            self.checkpoints.ended = (
                f"it ended early: no better {self.task.metric.replace('_', ' ')} in the {patience} epochs after epoch "
                f"{at.best_epoch}"
            )

    def _opened(self) -> Generator[Event, None, None]:
        """Open the layers whose epoch has come."""
        frozen = self._frozen_now()
        if opened := sorted(self.learner.frozen - frozen):
            self.learner.open(frozen)
            self._feed()
            tops = ", ".join(dict.fromkeys(name.split(".")[0] for name in opened))
            yield Changed(self.at.step, self.at.epoch, f"{len(opened)} more layers learn (in {tops})")

    def _validated(self, done: EpochDone) -> EpochDone:
        at, feed = self.at, self.feed
        found = self.learner.room.attempt(
            lambda part: validate(feed.judged, self.task, feed.held_out, self.device, part, self.team)
        )
        better = found.metrics.get(self.task.metric, 0.0) - _LOSS_COUNTS * found.loss
        self.schedule.judge(better)
        if better > at.best:
            at.best, at.best_epoch = better, at.epoch
            self.checkpoints.keep_best(at.epoch)
        best = at.best_epoch == at.epoch
        return replace(done, validation_loss=found.loss, metrics=found.metrics, best=best, notes=found.notes)

    def _step(self, chosen: Sequence[int], following: Sequence[int]) -> Generator[Event, None, None]:
        at = self.at
        rate = self.learner.set_rate(self.schedule.factor)
        batch = self.feed.batch(chosen, at.epoch, self.chance, following)
        found = None
        try:
            found = self.learner.step(self.feed.module, self.task, batch, len(chosen))
        except NotFinite as error:
            words = self._broken(error.value, chosen)
        self.schedule.step()
        at.step, at.place = at.step + 1, at.place + 1
        if found is None:
            at.skipped += 1
            yield Warned(words)
        else:
            at.skipped = 0
            at.losses.append(found.loss)
            self.checkpoints.keep_state(at, self._movers())
            yield StepDone(at.step, at.epoch, found.loss, rate, found.gradient)
        yield from self._told()

    def _broken(self, value: float, chosen: Sequence[int]) -> str:
        """Return what to say of a batch that is left out; raise `Fault` where the training is to stop for it."""
        names = list(dict.fromkeys(self.name_of(i) for i in chosen))
        said = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        fault = f"the loss is no longer a number ({value}, or its gradient) for the samples {said}"
        step = self.at.step + 1
        if self.options.not_finite == "skip" and self.at.skipped < _MOST_SKIPPED:
            return f"Step {step} was left out: {fault}"
        raise Fault(
            "training",
            fault,
            "The weights from before this step are kept; try a lower learning rate or look for broken values",
            place=f"step {step}",
        )

    def _told(self) -> Generator[Event, None, None]:
        while self.learner.room.told:
            yield Warned(self.learner.room.told.pop(0))

    def _changes(self) -> Generator[Event, None, None]:
        due = self.steering.due(self.at.step)
        if self.team.size > 1:
            if self.at.step % _STEPS_BETWEEN:
                self.steering.put_off(due)
                return
            due = self.team.agreed(due)
        for wish in due:
            if wish.get("stop") and self.team.size > 1:  # one process is stopped by what runs it
                self.checkpoints.ended = "it was stopped"
                return
            if wish.get("pause") and self.team.size > 1:  # else what runs it does not ask for the next step
                self._wait_together()
            if wish.get("stop") or wish.get("pause"):
                continue
            try:
                yield self._change(wish)
            except Fault as fault:
                yield Warned(f"Not changed: {fault}")

    def _wait_together(self) -> None:
        """Wait until the first process is told to go on; all keep in touch, so that none is taken for lost."""
        while self.team.agreed(self.steering.halted()):
            time.sleep(_LOOK_SECONDS)

    def _change(self, wish: Wish) -> Changed:
        """Do what the user wishes from the next step on."""
        at = self.at
        change = change_of(wish, self.task, self.network)
        at.changes += 1
        if change.learning_rate is not None:
            at.scale = change.learning_rate / self.options.learning_rate
            self.learner.scale = at.scale
        if change.epochs is not None and change.epochs > at.epochs:
            self._extend(change.epochs)
        elif change.epochs is not None:
            at.epochs = max(at.epoch, change.epochs)
        if change.task is not None:
            self.task = change.task
            at.task = {**at.task, **wish["task"]}
        if change.frozen is not None:
            at.frozen = sorted(change.frozen)
            self.learner.open(change.frozen)
        if change.frozen is not None or change.task is not None:
            self._feed()
            self.learner.train_mode()
        return Changed(at.step, at.epoch, change.words, wish)


def _batches(order: Sequence[int], size: int, least: int) -> list[Sequence[int]]:
    """Return the batches of an epoch; a last one of fewer than ``least`` items is left out.

    Batch norm cannot learn from a single item, nor a process from none.
    """
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) < least else batches
