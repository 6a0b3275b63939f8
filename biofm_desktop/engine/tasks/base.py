"""What a task is: it turns samples into tensors, says how wrong a model is, and reads its answers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.options import from_json, specs
from biofm_desktop.engine.predictions import Prediction
from biofm_desktop.engine.samples import Dataset, Grain, Sample

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from typing_extensions import Self


@dataclass(frozen=True)
class InputSpec:
    """What a task feeds a model: ``channels`` (or letters of the alphabet), and the size of the other axes."""

    channels: int
    size: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """Something to be learnt. Fields with a title are its options; the others are found in the data by `for_dataset`.

    ``metric`` is the headline figure among those of `score`; larger is better.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    takes: ClassVar[type[Sample]]
    grain: ClassVar[Grain]
    metric: ClassVar[str]

    @abstractmethod
    def for_dataset(self, dataset: Dataset, preferred: "InputSpec | None" = None) -> "Self":
        """Return the task with what it must know of the data (classes, sizes, scales) filled in.

        ``preferred`` is the input the model was made for. Raises `Fault` where the data cannot teach this task.
        """

    @property
    @abstractmethod
    def inputs(self) -> InputSpec:
        """Return what the model must take."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Return how many numbers the model must give (for a sample, pixel or letter)."""

    @abstractmethod
    def encode(self, sample: Sample) -> "tuple[Tensor, Tensor | None]":
        """Return what is fed to the model and what is to be learnt (None: unlabelled), without chance."""

    def augment(self, inputs: "Tensor", target: "Tensor", generator: "Generator") -> "tuple[Tensor, Tensor]":
        """Return one sample changed at random as the truth allows (flips, crops ...)."""
        return inputs, target

    def collate(self, inputs: "Sequence[Tensor]") -> "Tensor":
        """Return several inputs as one batch."""
        from torch import stack

        return stack(list(inputs))

    @abstractmethod
    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the mean loss of a batch as a scalar."""

    @abstractmethod
    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return the metrics over all samples of a split, each output and target without the batch axis."""

    @abstractmethod
    def decode(self, output: "Tensor", sample: Sample) -> Prediction:
        """Return a model's output for one sample in the user's terms."""

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Self":
        """Make a task again from what `values` gave."""
        titled = {spec.name for spec in specs(cls)}
        made = from_json(cls, {k: v for k, v in values.items() if k in titled})
        rest = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k not in titled}
        from dataclasses import replace

        return replace(made, **rest)
