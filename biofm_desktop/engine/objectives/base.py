"""What an objective of self-supervised pre-training is: it makes question and answer of a sample without label."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.samples import Grain, Sample
from biofm_desktop.engine.tasks import Item, ItemSequence, Task

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class Objective(ABC):
    """Stands for a task in the training loop; its fields with a title are its options.

    ``task`` encodes the samples. ``metric`` is the figure that is told; larger is better. ``grains`` are those of the
    models that it can train, ``builder`` names what stands behind them (see `training.pretraining.networks`),
    ``by_place`` says whether it teaches what is seen place by place, not of the whole.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    takes: ClassVar[type[Sample]]
    grains: ClassVar[tuple[Grain, ...]] = (Grain.SAMPLE,)
    metric: ClassVar[str]
    recipe: ClassVar[dict[str, float]] = {"steps": 1500, "batch_size": 32, "learning_rate": 1e-3}
    grain: ClassVar[Grain] = Grain.SAMPLE
    builder: ClassVar[str]
    by_place: ClassVar[bool] = True

    task: Task | None = None

    @abstractmethod
    def augment(self, item: Item, generator: "Generator") -> Item:
        """Return a question and its answer, made of an item by chance."""

    @abstractmethod
    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the mean loss of a batch as a scalar."""

    @abstractmethod
    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return the figures over all held-out items."""

    def notes(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, Any]:
        """Return nothing: there are no classes here."""
        return {}

    def compact(self, output: "Tensor") -> "Tensor":
        """Return what `score` needs of an output: all of it."""
        return output

    def changed(self, inputs: "Tensor", generator: "Generator") -> "Tensor":
        """Return inputs changed by chance as the task's augmentation says; pictures are cut to the size of a crop."""
        from torch import uint8, zeros

        assert self.task is not None
        target = zeros(inputs.shape[-2:], dtype=uint8) if self.task.grain is Grain.PIXEL else None
        return self.task.augment(Item(inputs, target), generator).inputs


class Questions(ItemSequence):
    """Held-out items as questions with their answers: the same ones each time."""

    def __init__(self, objective: Objective, items: Sequence[Item]) -> None:
        self._objective, self._items = objective, items

    def __len__(self) -> int:
        return len(self._items)

    def item(self, index: int) -> Item:
        """Return the question that is made of an item, with its answer."""
        from torch import Generator

        return self._objective.augment(self._items[index], Generator().manual_seed(index))


def rand(generator: "Generator") -> float:
    """Return a number from 0 to 1 by this chance."""
    from torch import rand as random

    return float(random((), generator=generator))
