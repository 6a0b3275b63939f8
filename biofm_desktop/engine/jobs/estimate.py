"""Say how long an epoch of a training will take and whether it fits this computer: a few steps of a fresh network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast

from biofm_desktop.engine.events import Event, Finished
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.memory import as_text, training_memory
from biofm_desktop.engine.options import from_json, to_flags
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Grain, InputSpec, SequenceSample

from .base import Job
from .data import fitting_model, size_of, task_class

if TYPE_CHECKING:
    import torch

    from biofm_desktop.engine.models import Layer
    from biofm_desktop.engine.training.learner import Learner


@dataclass(frozen=True, kw_only=True)
class EstimateJob(Job):
    """Time a few steps of a fresh network on made-up samples of the size that the data have.

    ``inputs``, ``outputs`` and ``draws`` (items an epoch) are those that a describe job told of the data, so that these
    need not be opened again; without them they are.
    """

    name: ClassVar[str] = "estimate"
    task: str
    data: tuple[str, ...]
    model: str
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: int = 0
    draws: int = 0
    task_options: dict[str, Any] = field(default_factory=dict)
    fit_options: dict[str, Any] = field(default_factory=dict)
    freeze: tuple[str, ...] = ()
    train_only: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Time and memory of {self.model}"

    def command(self) -> list[str]:
        """Return the command line that says the same."""
        words = ["biofm", "estimate", self.task, *self.data, "--model", self.model]
        words += to_flags(from_json(FitOptions, self.fit_options))
        for flag, values in (("--freeze", self.freeze), ("--train-only", self.train_only)):
            words += [flag, *values] if values else []
        return words

    def run(self) -> Iterator[Event]:
        """Build, step a few times, and tell seconds and bytes."""
        import torch

        from biofm_desktop.engine.inference.devices import device_for, placed, threads
        from biofm_desktop.engine.models.layers import describe, empty_batch, frozen_in, layer_modules
        from biofm_desktop.engine.models.patterns import only_head_trained
        from biofm_desktop.engine.training.adapters import add_adapters
        from biofm_desktop.engine.training.learner import Learner

        kind = task_class(self.task)
        entry = fitting_model(self.model, kind)
        if self.inputs:
            inputs = InputSpec(self.inputs["channels"], tuple(self.inputs["size"]), self.inputs["scaling"])
            outputs, draws = self.outputs, self.draws
        else:
            task, draws = yield from size_of(self.data, kind, self.task_options, entry.preferred)
            inputs, outputs = task.inputs, task.outputs
        letters = entry.takes is SequenceSample
        options = from_json(FitOptions, self.fit_options)
        network = entry.build(inputs, outputs)
        frozen = frozen_in(network, self.freeze, self.train_only)
        head_only = only_head_trained(list(layer_modules(network)), frozen) and not options.unfreeze
        options = options.resolved(kind.recipe, entry.recipe, draws, head_only=head_only)
        batch = options.batch_size
        with torch.device("meta"):
            layers = describe(entry.build(inputs, outputs), empty_batch(inputs, letters))
        if options.adapter != "none":
            frozen = add_adapters(network, options, frozen)
        device = device_for(options)
        need, free = training_memory(layers, frozen, batch).total, free_memory(device)
        found: dict[str, Any] = {"memory": need, "free": free, "fits": need <= free, "device": str(device)}
        found |= {"batch_size": batch, "epochs": options.epochs}
        steps = -(-draws // (batch * options.accumulate))
        if found["fits"]:
            with threads(options.threads):
                learner = Learner(placed(network, device), options, frozen, device)
                found |= self._timed(learner, layers, empty_batch(inputs, letters)[0], head_only, steps)
        yield Finished(_words(found), result=found)

    def _timed(
        self, learner: "Learner", layers: "list[Layer]", example: "torch.Tensor", head_only: bool, steps: int
    ) -> dict[str, Any]:
        """Return the seconds of an epoch, and of the first ones where a frozen trunk must see the samples once."""
        from biofm_desktop.engine.tasks import Item, Task
        from biofm_desktop.engine.training.timing import seconds_a_pass, seconds_a_step
        from biofm_desktop.engine.training.trunk import frozen_trunk

        grain = task_class(self.task).grain
        task = cast(Task, _StandIn(grain))
        options = learner.options
        batch = [Item(example, _target(example, grain)) for _ in range(options.batch_size)]
        trunk = frozen_trunk(learner.network, task, learner.frozen, batch[0], learner.device) if head_only else None
        if trunk is None:
            step = seconds_a_step(learner, learner.network, task, batch)
            return {"seconds_a_step": step, "seconds": step * steps * options.accumulate, "first": 0.0}
        once = seconds_a_pass(lambda: trunk.features([item.inputs for item in batch]))
        seen: list[Item] = [Item(x, item.target) for x, item in zip(trunk.features([i.inputs for i in batch]), batch)]
        step = seconds_a_step(learner, trunk.head, task, seen)
        seconds = step * steps * options.accumulate
        return {"seconds_a_step": step, "seconds": seconds, "first": seconds + once * steps, "views": options.views}


class _StandIn:
    """A task of which only the cost counts: a loss over all outputs."""

    def __init__(self, grain: Grain) -> None:
        self.grain = grain

    def loss(self, output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
        """Return cross-entropy over the second axis, or the mean square of a single output."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(output, target) if output.shape[1] > 1 else output.float().pow(2).mean()


def _target(example: "torch.Tensor", grain: Grain) -> "torch.Tensor":
    import torch

    return torch.zeros(example.shape[-2:] if grain is Grain.PIXEL else (), dtype=torch.int64)


def batch_size_of(task: str, model: str, fit_options: Mapping[str, Any], draws: int) -> int:
    """Return the batch size that a training with these options takes, for so many draws an epoch."""
    options = from_json(FitOptions, fit_options)
    return options.resolved(task_class(task).recipe, MODELS[model].recipe, draws or 1000).batch_size


def free_memory(device: "torch.device") -> int:
    """Return the bytes that are free on a device."""
    import psutil
    import torch

    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def _words(found: dict[str, Any]) -> str:
    """Return the estimate as a sentence."""
    where = "the GPU" if found["device"].startswith("cuda") else "this computer"
    room = f"{as_text(found['memory'])} of {as_text(found['free'])} free on {where}"
    if not found["fits"]:
        return f"It does not fit: {room}. Take a smaller batch or samples, freeze more, or accumulate batches"
    if found["first"] and found["views"] > 1:
        return (
            f"About {_time(found['first'])} for each of the first {found['views']} epochs, then "
            f"{_time(found['seconds'])}. It fits: {room}"
        )
    if found["first"]:
        return f"About {_time(found['first'])} for the first epoch, then {_time(found['seconds'])}. It fits: {room}"
    return f"About {_time(found['seconds'])} an epoch. It fits: {room}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
