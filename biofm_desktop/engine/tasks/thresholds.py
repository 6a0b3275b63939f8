"""Thresholds that were tuned: how a class is chosen with them, and how well a choice does."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .balanced import BalancedTask
from .base import Task

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T", bound=Task)


def shifted_by(output: "Tensor", offsets: Sequence[float]) -> "Tensor":
    """Return logits (classes, ...) with the offset of each class added."""
    if not offsets:
        return output
    from torch import tensor

    return output + tensor(offsets, device=output.device).reshape(-1, *[1] * (output.ndim - 1))


def likeliest(output: "Tensor") -> "Tensor":
    """Return the class with the largest of logits (classes, ...); torch's argmax is 15 times as slow over that axis."""
    return output.max(0).indices


def chosen(output: "Tensor", offsets: Sequence[float]) -> "tuple[Tensor, Tensor]":
    """Return (probability, index) of the class that is chosen, from logits (classes, ...).

    The probabilities are the model's own: offsets decide which class is chosen, not how sure the model is.
    """
    probabilities = output.float().softmax(0)
    if not offsets:
        best = probabilities.max(0)
        return best.values, best.indices
    index = likeliest(shifted_by(output.float(), offsets))
    return probabilities.gather(0, index[None])[0], index


def untuned(task: T) -> T:
    """Return the task without tuned thresholds."""
    return replace(task, offsets=()) if isinstance(task, BalancedTask) and task.offsets else task


def told(classes: Sequence[str], offsets: Sequence[float]) -> str:
    """Return tuned thresholds in words: of two classes the probability from which on the second is chosen."""
    if len(classes) == 2:
        return f"tuned: {threshold(offsets):.2f}"
    return "tuned: " + ", ".join(f"{name} {offset:+.2f}" for name, offset in zip(classes, offsets) if offset)


def threshold(offsets: Sequence[float]) -> float:
    """Return the probability of the second of two classes from which on it is chosen."""
    shift = offsets[1] - offsets[0] if offsets else 0.0
    return 1 / (1 + math.exp(shift))


def figures(table: NDArray[Any]) -> dict[str, float]:
    """Return what `classes.class_scores` gives of a table of counts (rows: truth, columns: said), in no time."""
    total, hit = table.sum(), np.diag(table).astype(float)
    truth, said = table.sum(1).astype(float), table.sum(0).astype(float)
    there, met = truth > 0, (truth + said) > 0
    spread = math.sqrt(float(total**2 - (said**2).sum()) * float(total**2 - (truth**2).sum()))
    return {
        "accuracy": float(hit.sum() / total),
        "balanced_accuracy": float((hit[there] / truth[there]).mean()),
        "macro_f1": float((2 * hit[met] / (truth + said)[met]).mean()),
        "mcc": float((total * hit.sum() - truth @ said) / spread) if spread else 0.0,
    }
