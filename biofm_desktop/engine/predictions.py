"""What a model says of a sample, in the user's terms."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassPrediction:
    """One class of several; ``probabilities`` has every class in the order of the classes, summing to 1."""

    key: str
    label: str
    confidence: float
    probabilities: dict[str, float]

    @property
    def text(self) -> str:
        """Return the prediction in a few words."""
        return self.label


@dataclass(frozen=True, eq=False)
class MaskPrediction:
    """A class for every pixel.

    ``mask`` (..., Y, X) uint8 or uint16 holds class indices, 0 is background; ``certainty`` of the same shape, uint8,
    holds the probability of the chosen class times 255. Both may be memory-mapped. ``spacing`` is that of the
    image (one number an axis, in ``unit``); ``confidence`` is the mean certainty from 0 to 1.
    """

    key: str
    mask: NDArray[Any]
    certainty: NDArray[np.uint8]
    classes: tuple[str, ...]
    confidence: float
    spacing: tuple[float, ...] = ()
    unit: str = "pixel"
    affine: tuple[tuple[float, ...], ...] = ()
    shares: dict[str, float] | None = None

    @property
    def text(self) -> str:
        """Return the prediction in a few words: the share of the picture of each class but the background."""
        shares = self.shares or {}
        return ", ".join(f"{name} {share:.1%}" for name, share in shares.items()) or "background only"


@dataclass(frozen=True)
class ValuePrediction:
    """A number; ``confidence`` is None where the model states none."""

    key: str
    value: float
    name: str = "value"
    unit: str = ""
    confidence: float | None = None

    @property
    def text(self) -> str:
        """Return the prediction in a few words."""
        return f"{self.value:.4g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True, eq=False)
class CurvePrediction:
    """A score for every letter of a sequence: ``scores`` float32 of the sequence's length, NaN where there is none.

    Made by sliding the model's window along a sequence longer than those it was trained on. ``name`` is what the score
    means (the probability of a class, or the value); ``spans`` are half-open (start, end, label, score) above the
    threshold.
    """

    key: str
    scores: NDArray[np.float32]
    name: str
    spans: tuple[tuple[int, int, str, float], ...] = ()
    confidence: float | None = None

    @property
    def text(self) -> str:
        """Return the prediction in a few words."""
        return f"{len(self.spans)} spans of {self.name}"


Prediction = ClassPrediction | MaskPrediction | ValuePrediction | CurvePrediction
