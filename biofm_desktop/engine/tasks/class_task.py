"""What the tasks share that give each sample one class."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.options import option
from biofm_desktop.engine.predictions import ClassPrediction
from biofm_desktop.engine.samples import Dataset, Grain, Sample

from .balanced import BalancedTask, class_loss
from .classes import class_names, class_prediction, class_scores, class_weights
from .thresholds import shifted_by

if TYPE_CHECKING:
    from typing import Self

    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class ClassTask(BalancedTask):
    """Say which of several classes a sample belongs to."""

    grain: ClassVar[Grain] = Grain.SAMPLE
    metric: ClassVar[str] = "accuracy"

    smoothing: float = option(
        0.05, "Label smoothing", low=0, high=0.5, help="Guards against overconfidence", advanced=True
    )

    def with_classes(self, dataset: Dataset) -> "Self":
        """Return the task with the data's classes; raise `Fault` where there are fewer than two."""
        classes = self.classes or class_names(dataset)
        return replace(self, classes=classes, weights=class_weights(dataset, classes) if self.balance else ())

    def grown(self, dataset: Dataset) -> "Self":
        """Return the task with the classes that labels name and it does not know, at the end of the list."""
        new = sorted({str(s.target) for s in dataset if s.target is not None} - set(self.classes))
        weights = (*self.weights, *(1.0 for _ in new)) if self.weights else ()
        return replace(self, classes=(*self.classes, *new), weights=weights)

    def labelled(self, sample: Sample) -> bool:
        """Say whether a sample has a class."""
        return sample.target is not None

    def class_index(self, sample: Sample) -> "Tensor | None":
        """Return the place of the sample's class, () int64; None where it has none of them."""
        from torch import tensor

        return tensor(self.classes.index(str(sample.target))) if sample.target in self.classes else None

    def counted(self, sample: Sample) -> tuple[int, ...] | None:
        """Return 1 for the sample's class and 0 for the others; None where it has none of them."""
        if sample.target is None or str(sample.target) not in self.classes:
            return None
        return tuple(int(name == str(sample.target)) for name in self.classes)

    @property
    def outputs(self) -> int:
        """Return the number of classes."""
        return len(self.classes)

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the cross-entropy, smoothed, and weighed or focal where asked for."""
        return class_loss(output, target, weights=self.weights, gamma=self.focal, smoothing=self.smoothing)

    def compact(self, output: "Tensor") -> "Tensor":
        """Return the logits as a class is chosen by them: with the offsets of tuned thresholds."""
        return shifted_by(output, self.offsets)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return accuracy, balanced accuracy, macro F1, MCC and AUC."""
        return class_scores(outputs, targets, self.classes)

    def notes(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, Any]:
        """Return the classes that samples have but are never given."""
        said = {int(output.argmax()) for output in outputs}
        missed = sorted({int(target) for target in targets} - said)
        return {"never_predicted": [self.classes[n] for n in missed]} if missed else {}

    def decode(self, output: "Tensor", sample: Sample) -> ClassPrediction:
        """Return the likeliest class (by tuned thresholds, where there are) with all probabilities."""
        return class_prediction(output, sample.key, self.classes, self.offsets)
