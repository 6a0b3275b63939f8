"""Spans of sequences as GFF3, which genome browsers draw.

GFF3 1.26, https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from biofm_desktop.engine.files import write_with
from biofm_desktop.engine.predictions import CurvePrediction, Prediction

from .base import Export

_SOURCE = "BioFM_Desktop"
#: A term of the Sequence Ontology that fits any stretch (SO:0000001); the class is the feature's name.
_TYPE = "region"


class Gff3(Export):
    """A line a span: 1-based and inclusive, the class as ``Name``, the mean score as score."""

    name: ClassVar[str] = "gff3"
    title: ClassVar[str] = "Features (GFF3)"
    suffix: ClassVar[str] = ".gff3"
    takes: ClassVar[tuple[type, ...]] = (CurvePrediction,)
    single: ClassVar[bool] = True

    def write(self, predictions: Sequence[Prediction], path: Path) -> list[Path]:
        """Write all spans into one file."""

        def write(aside: Path) -> None:
            with aside.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(line + "\n" for line in _lines(predictions))

        write_with(path, write, room="export")
        return [path]


def _lines(predictions: Sequence[Prediction]) -> Iterator[str]:
    yield "##gff-version 3"
    curves = [p for p in predictions if isinstance(p, CurvePrediction)]
    for curve in curves:
        if len(curve.scores):
            yield f"##sequence-region {_id(curve.key)} 1 {len(curve.scores)}"
    for curve in curves:
        for number, (start, end, label, score) in enumerate(curve.spans, 1):
            facts = f"ID={_attribute(curve.key)}.{number};Name={_attribute(label)}"
            yield "\t".join((_id(curve.key), _SOURCE, _TYPE, str(start + 1), str(end), f"{score:.6g}", ".", ".", facts))


def _escaped(sign: "re.Match[str]") -> str:
    return "".join(f"%{byte:02X}" for byte in sign.group().encode("utf-8"))


def _id(key: str) -> str:
    """Return a sequence's name as column 1 takes it: a few signs as they are, all others in percent."""
    return re.sub(r"[^a-zA-Z0-9.:^*$@!+_?|-]", _escaped, key)


def _attribute(text: str) -> str:
    """Return a text as column 9 takes it: control letters and ``; = & , %`` in percent."""
    return re.sub(r"[\x00-\x1f\x7f%;=&,]", _escaped, text)
