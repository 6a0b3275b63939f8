"""Tables of text: CSV, TSV, semicolons; any encoding that can be told; every cell stays text."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
#: Endings of tables, perhaps followed by .gz.
TABLES = (".csv", ".tsv", ".tab")
csv.field_size_limit(1 << 30)  # a protein or a contig is longer than the 131,072 letters of the default


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a table file; ``columns`` are lower-case names as found by `column`, each row has all of them."""

    entry: Entry
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    separator: str = ","

    def column(self, *names: str) -> int | None:
        """Return the place of the first of these columns that there is, whatever its case."""
        lower = [column.lower() for column in self.columns]
        return next((lower.index(name) for name in names if name in lower), None)

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        """Return a row by the names of its columns."""
        return dict(zip(self.columns, row))


def is_text(head: bytes) -> bool:
    """Say whether bytes look like text in an encoding that `decode` knows."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    strange = sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in head)
    return bool(head) and strange <= len(head) // 200


def decode(entry: Entry, data: bytes, problems: list[Problem]) -> str:
    """Return bytes as text: UTF-8, UTF-16 by its mark, else Latin-1 with a problem that says so."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                fault = f"its encoding says {encoding.upper()}, but the bytes are not"
                raise Fault(entry.name, fault, "Save it as UTF-8", detail=str(error)) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        problems.append(
            Problem(entry.name, "its encoding is not UTF-8; it was read as Latin-1: check letters with accents")
        )
        return data.decode("latin-1")


def read_table(entry: Entry, problems: list[Problem]) -> Table:
    """Return all rows; raise `Fault` naming the line where one has too few or too many cells."""
    data = entry.read_bytes()
    if not data.strip():
        raise Fault(entry.name, "the file is empty: it holds no row", "Choose another file")
    if not is_text(data[:4096]):
        strange = next((i for i, byte in enumerate(data[:4096]) if byte < 32 and byte not in (9, 10, 12, 13)), 0)
        place = f"line {data[:strange].count(10) + 1}"
        raise Fault(entry.name, "it is not text, so it is no table", "Save it as CSV (UTF-8)", place=place)
    text = decode(entry, data, problems)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise Fault(entry.name, "it holds NUL bytes", "Save it as CSV (UTF-8)", place=f"line {line}")
    separator = separator_of(text[: text.find("\n")] if "\n" in text else text)
    if separator == ";":
        problems.append(Problem(entry.name, "its separator is the semicolon"))
    return _rows(entry, text, separator, problems)


def header_of(entry: Entry, head: bytes) -> tuple[str, ...]:
    """Return the names in the first line, for telling kinds of tables apart; () where it is no text."""
    if not is_text(head):
        return ()
    line = head if b"\n" in head else entry.read_bytes()
    text = decode(entry, line, []).split("\n", 1)[0].rstrip("\r")
    try:
        return tuple(name.strip() for name in next(csv.reader([text], delimiter=separator_of(text)), ()))
    except csv.Error:
        return ()


def separator_of(header: str) -> str:
    """Return the separator of a header line: tab, comma or semicolon, whichever it has most of."""
    return max(("\t", ",", ";"), key=header.count)


def _rows(entry: Entry, text: str, separator: str, problems: list[Problem]) -> Table:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    begin = 1
    try:
        for row in reader:
            if row:
                rows.append(tuple(row))
                lines.append(begin)
            begin = reader.line_num + 1
    except csv.Error as error:
        place = f"line {begin}"
        fault = "a quote is opened and never closed" if "end of data" in str(error) else f"it is no sound CSV ({error})"
        raise Fault(entry.name, fault, "Mend this line", place=place) from None
    if not rows:
        raise Fault(entry.name, "it holds no row", "Choose another file")
    columns = named_apart(entry, rows[0], problems)
    for cells, line in zip(rows, lines):
        if len(cells) != len(columns):
            fault = f"it has {len(cells)} cells, the header has {len(columns)}"
            raise Fault(entry.name, fault, "Mend this line", place=f"line {line}")
    if len(rows) == 1:
        raise Fault(entry.name, "it has a header but no row", "Choose another file")
    return Table(entry, columns, tuple(rows[1:]), tuple(lines[1:]), separator)


def named_apart(entry: Entry, header: Sequence[str], problems: list[Problem]) -> tuple[str, ...]:
    """Return the columns' names without blanks at the ends; one that occurs twice is made different, and told."""
    named: dict[str, None] = {}
    doubled: list[str] = []
    for i, name in enumerate(header, 1):
        name = name.strip() or f"column {i}"
        if name in named:
            doubled.append(name)
        while name in named:
            name += "'"
        named[name] = None
    if doubled:
        names = ", ".join(doubled[:5]) + (" ..." if len(doubled) > 5 else "")
        problems.append(Problem(entry.name, f"columns of the same name are kept apart by a mark ('): {names}"))
    return tuple(named)
