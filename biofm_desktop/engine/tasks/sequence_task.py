"""What the tasks on sequences share: the alphabet, the length, hidden letters."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from biofm_desktop.engine.options import option
from biofm_desktop.engine.samples import ALPHABETS, Dataset, InputSpec, Sample, SequenceSample

from .base import Item
from .sequence_augmentation import SequenceAugmentation, changed
from .sequences import check_alphabet, common_alphabet, common_length, letter_indices

if TYPE_CHECKING:
    from typing import Self

    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class SequenceTask(SequenceAugmentation):
    """Say something of a whole sequence."""

    takes: ClassVar[type[Sample]] = SequenceSample

    length: int = option(
        0, "Letters", low=0, high=100_000, help="Sequences are cut or padded to this many letters; 0: chosen for you"
    )

    def with_letters(self, dataset: Dataset) -> "Self":
        """Return the task with the data's alphabet and length; raise `Fault` where alphabets are mixed."""
        samples = [sample for sample in dataset if isinstance(sample, SequenceSample)]
        return replace(self, alphabet=common_alphabet(dataset), length=common_length(samples, self.length))

    def letters_of(self, sample: Sample) -> "Tensor":
        """Return (length,) int64 of a sample's letters; raise `Fault` where they are of another alphabet."""
        assert isinstance(sample, SequenceSample)
        check_alphabet(sample, self.alphabet)
        return letter_indices(sample.letters, self.alphabet, self.length)

    @property
    def inputs(self) -> InputSpec:
        """Return the letters that are told apart and how many are fed."""
        return InputSpec(len(ALPHABETS[self.alphabet].letters), (self.length,))

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Read the other strand, move, mutate and hide letters as the options of the augmentation say."""
        return Item(changed(item.inputs, self, generator), item.target)
