"""What a sample says of itself, in lines of plain text for people."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import islice
from typing import Any

from .base import Sample
from .image import LazyImage
from .table import TableSample

Facts = list[tuple[str, str]]

_MOST_SHOWN, _LONGEST = 200, 20_000
_INNER = {"key", "columns"}


def facts_of(sample: Sample) -> Facts:
    """Return name and text of all that a sample holds but its cells, long values cut; nothing is read for it."""
    told = [("name", plain(sample.key))]
    for place in fields(sample):
        value = getattr(sample, place.name)
        if place.name not in _INNER and value is not None and not (isinstance(value, str | tuple) and not value):
            told.append((place.name.replace("_", " "), _words(value)))
    return told


def cells_of(sample: Sample) -> dict[str, str]:
    """Return the cells of a sample's row by the names of their columns, as text; of very many the first."""
    cells = sample.cells if isinstance(sample, TableSample) else sample.columns
    return {
        name: plain(f"{cell:.10g}" if isinstance(cell, float) else cell or "")
        for name, cell in islice(cells.items(), _MOST_SHOWN)
    }


def plain(text: str) -> str:
    """Return text that shows all it holds and nothing else: signs that are unseen or turn the line are written out."""
    cut = text[:_LONGEST] + (f" … ({len(text):,} letters)" if len(text) > _LONGEST else "")
    cut = cut.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[^\n\t -~\u00a1-\uffff]|[\u2000-\u206f\u00ad\ufeff\ud800-\uf8ff]", _written_out, cut)


def _written_out(found: "re.Match[str]") -> str:
    sign = found[0]
    return f"<U+{ord(sign):04X}>" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") else sign


def _words(value: Any) -> str:
    """Return a value for people: many of them one a line, an array by its shape."""
    if isinstance(value, LazyImage):
        return f"{' × '.join(map(str, value.shape))}, {value.dtype}"
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _lines(f"{name}: {cell}" for name, cell in value.items())
    if isinstance(value, tuple | list):
        numbers = all(isinstance(part, int | float | str) for part in value)
        return plain(", ".join(map(str, value[:_MOST_SHOWN]))) if numbers else _lines(map(_record, value))
    return plain(str(value))


def _record(value: Any) -> str:
    """Return one value of many on one line: a dataclass by its fields that hold something."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {cell}" for name, cell in value.items())
    if not hasattr(value, "__dataclass_fields__"):
        return str(value)
    parts = ((place.name, getattr(value, place.name)) for place in fields(value))
    return ", ".join(f"{name} {part}" for name, part in parts if part not in ("", None, ()))


def _lines(parts: Iterable[str]) -> str:
    lines = []
    for number, part in enumerate(parts):
        if number == _MOST_SHOWN:
            lines.append("…")
            break
        lines.append(plain(part))
    return "\n".join(lines)
