"""Sequence classification: one class for a whole DNA, RNA or protein sequence."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from biofm_desktop.engine.samples import Dataset, InputSpec, Sample

from .base import Item
from .class_task import ClassTask
from .sequence_task import SequenceTask

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, kw_only=True)
class SequenceClassification(SequenceTask, ClassTask):
    """Say which class a sequence belongs to."""

    name: ClassVar[str] = "sequence-classification"
    title: ClassVar[str] = "Sequence classification"
    help: ClassVar[str] = "One class for each sequence: promoter or not, splice site, place in the cell."
    recipe: ClassVar[dict[str, float]] = {"steps": 1500, "batch_size": 64, "learning_rate": 2e-3}

    def for_dataset(self, dataset: Dataset, preferred: InputSpec | None = None) -> "Self":
        """Find the classes, the alphabet and the length; raise `Fault` where there are fewer than two classes."""
        return self.with_classes(dataset).with_letters(dataset)

    def encode(self, sample: Sample) -> list[Item]:
        """Return (length,) int64 of letters and the index of the class."""
        return [Item(self.letters_of(sample), self.class_index(sample))]
