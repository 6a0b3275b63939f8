"""What the tasks with classes share: names, weights, scores and predictions."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.predictions import ClassPrediction
from biofm_desktop.engine.samples import Dataset

from .balanced import weights_of
from .thresholds import shifted_by

if TYPE_CHECKING:
    from torch import Tensor


def class_names(dataset: Dataset) -> tuple[str, ...]:
    """Return the stated classes, or those of the targets in order; raise `Fault` where there are fewer than two."""
    met = {str(sample.target) for sample in dataset if sample.target is not None}
    if not met:
        raise Fault(dataset.name, "no sample has a class", "Label some samples of each class, then train")
    if len(met) < 2:
        raise Fault(
            dataset.name,
            f"all labelled samples are of one class ({met.pop()})",
            "Label samples of at least two classes",
        )
    if dataset.classes and met <= set(dataset.classes):
        return dataset.classes
    unknown = sorted(met - set(dataset.classes))
    if dataset.classes:
        raise Fault(
            dataset.name,
            f"the class {unknown[0]!r} is not in its list of classes",
            "Add it to the list or correct the label",
        )
    return tuple(sorted(met, key=_numbers_first))


def _numbers_first(name: str) -> tuple[bool, float, str]:
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name


def class_weights(dataset: Dataset, classes: Sequence[str]) -> tuple[float, ...]:
    """Return a weight for each class so that all count the same, with mean 1 over the samples."""
    counts = Counter(str(s.target) for s in dataset if s.target is not None and s.split in ("train", ""))
    return weights_of([counts[name] for name in classes])


def class_scores(outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]", classes: Sequence[str]) -> dict[str, float]:
    """Return accuracy, balanced accuracy, macro F1, Matthews' coefficient, and the (one against rest) AUC.

    ``outputs`` are logits, one (classes,) vector a sample; ``targets`` are class indices. The AUC is left out where a
    class has no sample.
    """
    from sklearn import metrics
    from torch import stack

    probabilities = stack(list(outputs)).double().softmax(-1).numpy()
    truth = stack(list(targets)).numpy()
    said = probabilities.argmax(-1)
    scores = {
        "accuracy": metrics.accuracy_score(truth, said),
        "balanced_accuracy": metrics.recall_score(
            truth, said, average="macro", labels=np.unique(truth), zero_division=0
        ),
        "macro_f1": metrics.f1_score(truth, said, average="macro", zero_division=0),
        "mcc": metrics.matthews_corrcoef(truth, said),
    }
    if len(np.unique(truth)) == len(classes):
        binary = len(classes) == 2
        scores["auc"] = (
            metrics.roc_auc_score(truth, probabilities[:, 1])
            if binary
            else metrics.roc_auc_score(truth, probabilities, multi_class="ovr", labels=range(len(classes)))
        )
    return {name: float(value) for name, value in scores.items()}


def class_prediction(
    output: "Tensor", key: str, classes: Sequence[str], offsets: Sequence[float] = ()
) -> ClassPrediction:
    """Return the likeliest class of a vector of logits; offsets of tuned thresholds move the choice only."""
    values = output.detach().double().softmax(-1).tolist()
    best = int(shifted_by(output.detach().double(), offsets).argmax()) if offsets else int(np.argmax(values))
    return ClassPrediction(key, classes[best], values[best], dict(zip(classes, values)))
