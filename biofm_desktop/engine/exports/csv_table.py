"""Predictions as a table for a spreadsheet."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from biofm_desktop.engine.files import write_with
from biofm_desktop.engine.predictions import (
    ClassPrediction,
    CurvePrediction,
    MaskPrediction,
    Prediction,
    ValuePrediction,
)

from .base import Export

#: What begins a formula, also as East Asian keyboards write it.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
#: Columns in their order; those that no prediction fills are left out.
_COLUMNS = ("key", "label", "value", "unit", "start", "end", "score", "confidence")


class CsvTable(Export):
    """A row a prediction, or a row a span of a sequence.

    ``key`` names the sample; ``label`` the class, ``confidence`` how sure the model is (0 to 1),
    ``probability_<class>`` each class's probability; ``value`` and ``unit`` a number; ``share_<class>`` the part of the
    pixels of a mask; ``start`` (from 1), ``end`` (inclusive) and ``score`` a span. A text that a spreadsheet would take
    for a formula begins with an apostrophe.
    """

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "Table (CSV)"
    suffix: ClassVar[str] = ".csv"
    takes: ClassVar[tuple[type, ...]] = (ClassPrediction, ValuePrediction, MaskPrediction, CurvePrediction)
    single: ClassVar[bool] = True

    def write(self, predictions: Sequence[Prediction], path: Path) -> list[Path]:
        """Write the table."""
        rows = [row for prediction in predictions for row in _rows(prediction)]
        met = dict.fromkeys(name for row in rows for name in row)
        names = [*(n for n in _COLUMNS if n in met or n == "key"), *(n for n in met if n not in _COLUMNS)]

        def write(aside: Path) -> None:
            with aside.open("w", encoding="utf-8", newline="") as file:
                table = csv.writer(file)
                table.writerow([harmless(name) for name in names])
                table.writerows([_cell(row.get(name)) for name in names] for row in rows)

        write_with(path, write, room="export")
        return [path]


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in _FORMULA else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.9g}"
    return harmless(value) if isinstance(value, str) else str(value)


def _rows(prediction: Prediction) -> Iterator[dict[str, Any]]:
    match prediction:
        case ClassPrediction():
            chances = {f"probability_{name}": value for name, value in prediction.probabilities.items()}
            yield {"key": prediction.key, "label": prediction.label, "confidence": prediction.confidence, **chances}
        case ValuePrediction():
            row = {"key": prediction.key, "value": float(prediction.value), "unit": prediction.unit or None}
            yield _filled(row | {"confidence": prediction.confidence})
        case MaskPrediction():
            yield {"key": prediction.key, "confidence": prediction.confidence, **_shares(prediction)}
        case CurvePrediction():
            for start, end, label, score in prediction.spans:
                yield {"key": prediction.key, "label": label, "start": start + 1, "end": end, "score": float(score)}
            if not prediction.spans:
                yield _filled({"key": prediction.key, "confidence": prediction.confidence})


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _shares(prediction: MaskPrediction) -> dict[str, float]:
    """Count the pixels plane by plane: the mask may be larger than memory."""
    counts = np.zeros(max(len(prediction.classes), 1), np.int64)
    for start in range(0, len(prediction.mask), 256):
        found = np.bincount(np.asarray(prediction.mask[start : start + 256]).ravel(), minlength=len(counts))
        counts = counts + found[: len(counts)]
    return {
        f"share_{name}": float(count / max(prediction.mask.size, 1)) for name, count in zip(prediction.classes, counts)
    }
