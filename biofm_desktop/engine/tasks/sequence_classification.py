"""Sequence classification: one class for a whole DNA, RNA or protein sequence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from biofm_desktop.engine.options import option
from biofm_desktop.engine.predictions import ClassPrediction
from biofm_desktop.engine.samples import ALPHABETS, Dataset, Grain, InputSpec, Sample, SequenceSample

from .base import Item, Task
from .classes import class_names, class_prediction, class_scores, class_weights
from .sequences import check_alphabet, common_alphabet, common_length, letter_indices

if TYPE_CHECKING:
    from typing import Self

    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class SequenceClassification(Task):
    """Say which class a sequence belongs to."""

    name: ClassVar[str] = "sequence-classification"
    title: ClassVar[str] = "Sequence classification"
    help: ClassVar[str] = "One class for each sequence: promoter or not, splice site, place in the cell."
    takes: ClassVar[type[Sample]] = SequenceSample
    grain: ClassVar[Grain] = Grain.SAMPLE
    metric: ClassVar[str] = "accuracy"
    recipe: ClassVar[dict[str, float]] = {"steps": 1500, "batch_size": 64, "learning_rate": 2e-3}

    length: int = option(
        0, "Letters", low=0, high=100_000, help="Sequences are cut or padded to this many letters; 0: chosen for you"
    )
    dropped: float = option(
        0.1,
        "Letters hidden",
        low=0,
        high=0.5,
        help="Share of letters hidden at random while training: guards against learning by heart",
        advanced=True,
    )
    balance: bool = option(
        False,
        "Weigh rare classes up",
        help="Each class counts the same in the loss, however few its sequences",
        advanced=True,
    )
    smoothing: float = option(
        0.05, "Label smoothing", low=0, high=0.5, help="Guards against overconfidence", advanced=True
    )

    classes: tuple[str, ...] = ()
    alphabet: str = "dna"
    weights: tuple[float, ...] = ()

    def for_dataset(self, dataset: Dataset, preferred: InputSpec | None = None) -> "Self":
        """Find the classes, the alphabet and the length; raise `Fault` where there are fewer than two classes."""
        samples = [s for s in dataset if isinstance(s, SequenceSample)]
        classes = self.classes or class_names(dataset)
        return replace(
            self,
            classes=classes,
            alphabet=common_alphabet(dataset),
            length=common_length(samples, self.length),
            weights=class_weights(dataset, classes) if self.balance else (),
        )

    @property
    def inputs(self) -> InputSpec:
        """Return the letters that are told apart and how many are fed."""
        return InputSpec(len(ALPHABETS[self.alphabet].letters), (self.length,))

    @property
    def outputs(self) -> int:
        """Return the number of classes."""
        return len(self.classes)

    def encode(self, sample: Sample) -> list[Item]:
        """Return (length,) int64 of letters and the index of the class."""
        assert isinstance(sample, SequenceSample)
        from torch import tensor

        check_alphabet(sample, self.alphabet)
        known = sample.target in self.classes
        target = tensor(self.classes.index(str(sample.target))) if known else None
        return [Item(letter_indices(sample.letters, self.alphabet, self.length), target)]

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Hide some letters."""
        from torch import rand

        return Item(item.inputs * (rand(item.inputs.shape, generator=generator) >= self.dropped), item.target)

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the cross-entropy, smoothed, and weighed where asked for."""
        from torch import tensor
        from torch.nn.functional import cross_entropy

        weight = tensor(self.weights, device=output.device) if self.weights else None
        return cross_entropy(output, target, weight=weight, label_smoothing=self.smoothing)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return accuracy, balanced accuracy, macro F1, MCC and AUC."""
        return class_scores(outputs, targets, self.classes)

    def decode(self, output: "Tensor", sample: Sample) -> ClassPrediction:
        """Return the likeliest class with all probabilities."""
        return class_prediction(output, sample.key, self.classes)
