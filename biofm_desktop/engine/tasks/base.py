"""What a task is: it turns samples into tensors, says how wrong a model is, and reads its answers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from biofm_desktop.engine.options import from_json, specs, to_json
from biofm_desktop.engine.predictions import Prediction
from biofm_desktop.engine.samples import Dataset, Grain, InputSpec, Sample

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray
    from torch import Generator, Tensor


class Item(NamedTuple):
    """What is fed to a network and what is to be learnt from it (None: not labelled)."""

    inputs: "Tensor"
    target: "Tensor | None"


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """Something to be learnt. Fields with a title are its options; the others are found in the data by `for_dataset`.

    ``metric`` is the headline figure among those of `score`; larger is better. ``recipe`` holds training options
    that do well where the user names none.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    takes: ClassVar[type[Sample]]
    grain: ClassVar[Grain]
    metric: ClassVar[str]
    recipe: ClassVar[dict[str, float]]

    @abstractmethod
    def for_dataset(self, dataset: Dataset, preferred: "InputSpec | None" = None) -> "Self":
        """Return the task with what it must know of the data (classes, sizes, scales) filled in.

        ``preferred`` is the input the model was made for. Raises `Fault` where the data cannot teach this task.
        """

    def grown(self, dataset: Dataset) -> "Self":
        """Return the task with the classes that the data's labels add, after those that it has; all else stays."""
        return self

    @property
    @abstractmethod
    def inputs(self) -> InputSpec:
        """Return what the model must take."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Return how many numbers the model must give (for a sample, pixel or letter)."""

    @abstractmethod
    def encode(self, sample: Sample) -> "list[Item]":
        """Return what a sample is for a network, without chance: one item, or one a slice of a volume."""

    def labelled(self, sample: Sample) -> bool:
        """Say whether a sample holds what this task learns; its class may be one that the task does not know yet."""
        return sample.labelled

    def draws(self, sample: Sample) -> int:
        """Return how many items an epoch draws from a sample: more from one that holds more to learn."""
        return 1

    def augment(self, item: "Item", generator: "Generator") -> "Item":
        """Return an item changed at random as the truth allows (flips, crops ...), of the size of `inputs`."""
        return item

    def counted(self, sample: Sample) -> "Sequence[int] | NDArray[np.int64] | float | None":
        """Return how often each class occurs in a sample's label, or its number; None where it has none."""
        return None

    @abstractmethod
    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the mean loss of a batch as a scalar."""

    def compact(self, output: "Tensor") -> "Tensor":
        """Return what `score` needs of the output for one item; all of it, where a task says nothing else."""
        return output

    @abstractmethod
    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return the metrics over all items of a split, each compact output and target without the batch axis."""

    def notes(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, Any]:
        """Return what else is to be noticed in what `score` is given; see `EpochDone`."""
        return {}

    @abstractmethod
    def decode(self, output: "Tensor", sample: Sample) -> Prediction:
        """Return a model's output for one sample in the user's terms."""

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Self":
        """Make a task again from what `to_values` gave."""
        titled = {spec.name for spec in specs(cls)}
        made = from_json(cls, {k: v for k, v in values.items() if k in titled})
        rest = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k not in titled}
        return replace(made, **rest)

    def to_values(self) -> dict[str, Any]:
        """Return all fields as JSON-able values."""
        return to_json(self)
