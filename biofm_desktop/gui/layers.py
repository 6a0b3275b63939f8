"""Predictions to layers: what is laid over an image, and the colours of classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.predictions import MaskPrediction, Prediction

#: Colours of the classes 1, 2, 3 ... (class 0 is background and clear), told apart by colour-blind eyes as well.
CLASS_COLOURS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#d55e00",
    "#cc79a7",
    "#0072b2",
    "#8fd175",
    "#b58af0",
    "#ff8f8f",
    "#40c9c9",
    "#c9a36a",
)


def class_colour(value: int) -> str:
    """Return the colour of a class by its value; the background's is clear."""
    return "#00000000" if value == 0 else CLASS_COLOURS[(value - 1) % len(CLASS_COLOURS)]


@dataclass(frozen=True, eq=False)
class Overlay:
    """An array to be laid over an image. ``labels`` says that its values are classes, else it is a heat map (0-255)."""

    name: str
    array: NDArray[Any]
    labels: bool
    opacity: float
    visible: bool = True


def overlays(prediction: Prediction | None) -> list[Overlay]:
    """Return what shows a prediction over its image; predictions without pixels show in words only."""
    if not isinstance(prediction, MaskPrediction):
        return []
    doubt = 255 - np.asarray(prediction.certainty)
    return [
        Overlay("doubt", doubt, labels=False, opacity=0.6, visible=False),
        Overlay("prediction", np.asarray(prediction.mask), labels=True, opacity=0.5),
    ]


def words(prediction: Prediction | None) -> str:
    """Return a prediction in a few words, with its confidence where it has one."""
    if prediction is None:
        return ""
    confidence = prediction.confidence
    return prediction.text + (f" ({confidence:.0%} sure)" if confidence is not None else "")
