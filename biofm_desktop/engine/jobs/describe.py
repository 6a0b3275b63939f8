"""Say what a model is made of: the rows of the freeze dialog."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from biofm_desktop.engine.events import Event, Finished
from biofm_desktop.engine.samples import InputSpec, SequenceSample

from .base import Job
from .data import fitting_model, size_of, task_class

_IMAGE, _SEQUENCE, _OUTPUTS = InputSpec(3, (96, 96)), InputSpec(4, (200,)), 2


@dataclass(frozen=True, kw_only=True)
class DescribeJob(Job):
    """Tell the layers of a model, of the size that the data needs (without data: of a usual size)."""

    name: ClassVar[str] = "describe"
    task: str
    model: str
    data: tuple[str, ...] = ()
    task_options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Layers of {self.model}"

    def command(self) -> list[str]:
        """Return the command line that lists the same layers."""
        return ["biofm", "list", "layers", self.model]

    def run(self) -> Iterator[Event]:
        """Build the network without memory for its weights and look at it."""
        import torch

        from biofm_desktop.engine.models.layers import describe, empty_batch

        kind = task_class(self.task)
        entry = fitting_model(self.model, kind)
        sequence = entry.takes is SequenceSample
        inputs, outputs = entry.preferred or (_SEQUENCE if sequence else _IMAGE), _OUTPUTS
        if not inputs.size:
            inputs = InputSpec(inputs.channels, _IMAGE.size, inputs.scaling)
        draws, classes = 0, ()
        if self.data:
            task, draws = yield from size_of(self.data, kind, self.task_options, entry.preferred)
            inputs, outputs, classes = task.inputs, task.outputs, getattr(task, "classes", ())
        with torch.device("meta"):
            layers = describe(entry.build(inputs, outputs), empty_batch(inputs, sequence))
        result = {
            "layers": [asdict(layer) for layer in layers],
            "inputs": asdict(inputs),
            "outputs": outputs,
            "draws": draws,
            "head": entry.head,
            "classes": list(classes),
        }
        yield Finished(f"{len(layers)} layers", result=result)
