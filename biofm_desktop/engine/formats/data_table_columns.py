"""Which columns of a table are numbers. Nothing is guessed: what can be read in two ways stays text, and is told."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable

import numpy as np

from biofm_desktop.engine.samples import Column, Problem

from .left_out import quoted, some
from .table import Table

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?\d+(,\d+)+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_ZEROS = re.compile(r"[+-]?0\d+")  # 00123 is a name: as a number it would be another one's
_DATE = re.compile(
    r"(\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))|((mar|sep|dec)-\d{1,2})", re.IGNORECASE
)
_LONGEST_WHOLE = 15  # digits; floats make longer whole numbers equal
_WORDS_FOR_NONE = {"na", "n/a", "nan", "null", "none", "#n/a"}
_SIGNS_FOR_NONE = {"", "-", "--", ".", "?"}
_MISSING = _WORDS_FOR_NONE | _SIGNS_FOR_NONE


class _Told:
    """What is to be told of columns, once for each kind of doubt."""

    def __init__(self) -> None:
        self.columns: dict[str, list[str]] = {}

    def add(self, doubt: str, column: str, words: Iterable[str] = (), lines: Iterable[int] = ()) -> None:
        examples = some([quoted(word) for word in words], 3)
        places = some([str(line) for line in lines], 3)
        inside = "; ".join(part for part in (examples, f"line {places}" if places else "") if part)
        self.columns.setdefault(doubt, []).append(f"{column} ({inside})" if inside else column)

    def tell(self, name: str, problems: list[Problem]) -> None:
        for doubt, columns in self.columns.items():
            noun = "column" if len(columns) == 1 else f"{len(columns):,} columns"
            problems.append(Problem(name, f"{noun} {some(columns)}: {doubt}"))


def columns_of(table: Table, names: Collection[int | None], problems: list[Problem]) -> dict[str, Column]:
    """Return the columns, numbers where every cell is one; those at the places ``names`` stay as written."""
    told = _Told()
    columns: dict[str, Column] = {}
    for place, (name, cells) in enumerate(zip(table.columns, zip(*table.rows))):
        columns[name] = _text(cells) if place in names else _column(table, name, cells, told)
    told.tell(table.entry.name, problems)
    return columns


def _text(cells: tuple[str, ...]) -> tuple[str | None, ...]:
    same: dict[str, str] = {}
    return tuple(same.setdefault(cell, cell) if cell else None for cell in cells)


def _column(table: Table, name: str, cells: tuple[str, ...], told: _Told) -> Column:
    counts = Counter(cells)
    kinds = {word: _kind(word.strip()) for word in counts}
    of = {kind: [word for word, its in kinds.items() if its == kind] for kind in set(kinds.values())}
    lines = dict(zip(reversed(cells), reversed(table.lines)))  # of a word's first place
    words, numbers = of.get("word", []), of.get("number", []) + of.get("infinite", [])
    decimal = table.separator == ";" and _decimal_commas(of)
    if "comma" in of and not decimal and not words:
        doubt = "a comma may part thousands or be the decimal mark; it is kept as text"
        told.add(doubt, name, of["comma"])
    elif words and numbers and 2 * sum(counts[w] for w in numbers) >= sum(counts[w] for w in numbers + words):
        doubt = "most cells are numbers but these are not; it is kept as text"
        told.add(doubt, name, words, (lines[word] for word in words))
    if words or "name" in of or not (numbers or decimal) or ("comma" in of and not decimal):
        _tell_words(name, counts, told)
        return _text(cells)
    _tell_numbers(name, of, lines, told)
    if decimal:
        told.add("its decimal commas were read as points", name, of["comma"])
    values = {word: _value(word.strip(), kind) for word, kind in kinds.items()}
    return np.fromiter((values[cell] for cell in cells), np.float64, len(cells))


def _kind(word: str) -> str:
    """Say what a cell can be: number, infinite, none, comma, name (digits that are no number) or word."""
    if _NUMBER.fullmatch(word):
        whole = word.lstrip("+-")
        if _ZEROS.fullmatch(word) or (whole.isdecimal() and len(whole) > _LONGEST_WHOLE):
            return "name"
        return "number" if math.isfinite(float(word)) else "infinite"
    if word.lower() in _MISSING:
        return "none"
    if _INFINITE.fullmatch(word):
        return "infinite"
    return "comma" if _COMMA.fullmatch(word) else "word"


def _decimal_commas(of: dict[str, list[str]]) -> bool:
    """Say whether the commas of a column can only be decimal marks."""
    commas = [word.strip() for word in of.get("comma", ())]
    once = all(word.count(",") == 1 for word in commas)
    points = any("." in word for word in of.get("number", ()))
    return bool(commas) and once and not points and not all(_THOUSANDS.fullmatch(word) for word in commas)


def _value(word: str, kind: str) -> float:
    if kind == "none":
        return math.nan
    return float(word.replace(",", ".")) if kind == "comma" else float(word)


def _tell_words(name: str, counts: "Counter[str]", told: _Told) -> None:
    missing = [word for word in counts if word.strip().lower() in _WORDS_FOR_NONE]
    if missing:
        told.add("these words may mean that a value is missing; they are kept as text", name, missing)
    dates = [word for word in counts if _DATE.fullmatch(word.strip())]
    if dates:
        told.add("these look like a date that a spreadsheet made of a name; check the source", name, dates)


def _tell_numbers(name: str, of: dict[str, list[str]], lines: dict[str, int], told: _Told) -> None:
    marks = [word for word in of.get("none", ()) if word.strip()]
    if marks:
        told.add("these cells are taken as missing", name, marks)
    if infinite := of.get("infinite"):
        doubt = "these values are infinite (not finite) or too large; nothing is learnt from them"
        told.add(doubt, name, infinite, (lines[word] for word in infinite))
