"""The network as it learns: which tensors are open, with what rates, and how a step is taken."""

import math
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Item, Task

from .freezing import freeze, train_mode
from .optimizers import carry_over, optimizer_of, parameter_groups
from .precision import Precision
from .pull import Pull
from .room import Room, parts_of
from .team import Alone, Team


class NotFinite(Exception):
    """The loss or its gradient is no number; nothing was changed. ``value`` is the loss."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self.value = value


class Stepped(NamedTuple):
    """What a step found: the batch's mean loss, and the norm of its gradient before it was clipped."""

    loss: float
    gradient: float


class Learner:
    """Holds the network, its optimiser (over open tensors only) and the average of its weights.

    ``scale`` is a factor on all learning rates, for those that the user changes on the way. The processes of a ``team``
    learn from their shares of a batch as one would from the whole.
    """

    def __init__(
        self,
        network: nn.Module,
        options: FitOptions,
        frozen: Collection[str],
        device: torch.device,
        scale: float = 1.0,
        team: Team | None = None,
    ) -> None:
        self.network, self.device, self.scale = network, device, scale
        self.team = team or Alone()
        self._wrapped: tuple[nn.Module, nn.Module] | None = None
        self.options = options
        self.room = Room(options.batch_size)
        self._precision = Precision(options.precision, device)
        self.scaler = self._precision.scaler
        self.averaged = (
            AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(options.ema), use_buffers=True)
            if options.ema
            else None
        )
        self.pull = Pull(network, options.pull_to_start)
        self.optimizer: torch.optim.Optimizer | None = None
        self.open(frozen)

    @property
    def judged(self) -> nn.Module:
        """Return the network that is validated and kept: the average where there is one."""
        return self.averaged.module if self.averaged is not None else self.network

    def open(self, frozen: Collection[str]) -> None:
        """Freeze the layers of these names and train all others from here; what was learnt of them stays known."""
        self.frozen, self._wrapped = set(frozen), None
        freeze(self.network, self.frozen)
        groups = parameter_groups(self.network, self.options)
        made = optimizer_of(groups, self.options, self.options.learning_rate)
        for group in made.param_groups:
            group["highest"] = group["lr"]
        carry_over(self.optimizer, made)
        self.optimizer = made
        self.weights = [p for group in made.param_groups for p in group["params"]]

    def train_mode(self) -> None:
        """Make ready to learn; frozen layers keep their statistics."""
        train_mode(self.network, self.frozen, self.options.batch_norm)

    def set_rate(self, factor: float) -> float:
        """Give each group this share of its highest rate; return the highest of all."""
        assert self.optimizer is not None
        for group in self.optimizer.param_groups:
            group["lr"] = group["highest"] * self.scale * factor
        return float(max(group["lr"] for group in self.optimizer.param_groups))

    def step(self, module: nn.Module, task: Task, batch: Sequence[Item], of: int = 0) -> Stepped:
        """Learn from a batch through ``module`` (the network, or its head); where memory runs out, in parts.

        ``of`` is the size of the batch of which a team's process has a share (0: it has all). Raises `NotFinite` before
        anything is changed, and `Fault` where memory does not suffice.
        """
        assert self.optimizer is not None
        # Batch norm notes a batch before its loss is known.
        statistics = [(buffer, buffer.clone()) for buffer in module.buffers()]

        def back() -> None:
            for buffer, before in statistics:
                buffer.copy_(before)

        def learn(part: int) -> float:
            if part < whole:  # memory ran out on the way
                back()
            return self._gather(through, task, batch, part, of or len(batch))

        through = self._through(module)
        whole = self.room.part

        value = self.team.mean(self.room.attempt(learn) if self.team.size == 1 else learn(whole))
        gradient = math.nan
        if math.isfinite(value):
            self.scaler.unscale_(self.optimizer)
            self.pull.add()
            gradient = self._clipped()
        if not math.isfinite(gradient) and not (self.scaler.is_enabled() and math.isfinite(value)):
            back()
            self.optimizer.zero_grad(set_to_none=True)
            raise NotFinite(value)
        self.scaler.step(self.optimizer)  # it leaves out a step that overflowed in float16 and scales less
        self.scaler.update()
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)
        return Stepped(value, gradient)

    def _through(self, module: nn.Module) -> nn.Module:
        """Return what batches go through so that all processes learn the same."""
        if self._wrapped is None or self._wrapped[0] is not module:
            self._wrapped = module, self.team.wrapped(module)
        return self._wrapped[1]

    def _gather(self, module: nn.Module, task: Task, batch: Sequence[Item], part: int, of: int) -> float:
        """Add up the gradients of all parts of a batch; return the mean loss.

        A process of a team counts its share as much as it holds of the batch, since the team takes the mean of all.
        """
        assert self.optimizer is not None
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        parts = parts_of(len(batch), part)
        for where in parts:
            items = batch[where]
            inputs = torch.stack([item.inputs for item in items]).to(self.device)
            target = torch.stack([_target(item) for item in items]).to(self.device)
            with self._precision():
                loss = task.loss(module(inputs), target)
            share = len(items) * self.team.size / of
            value = float(loss.detach())
            total += value * share
            if not math.isfinite(value) and self.team.size == 1:
                break
            with self.team.not_yet(module) if where is not parts[-1] else nullcontext():
                scaled: Tensor = self.scaler.scale(loss * share if share != 1 else loss)
                scaled.backward()
        return total

    def _clipped(self) -> float:
        """Clip the gradient; return its norm before that."""
        limit = self.options.clip or math.inf
        return float(nn.utils.clip_grad_norm_(self.weights, limit))


def _target(item: Item) -> Tensor:
    assert item.target is not None
    return item.target
