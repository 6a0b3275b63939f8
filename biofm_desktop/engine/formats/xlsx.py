"""Excel workbooks: the values of the first sheet as a table. Formulae are never worked out, macros never run."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, TableSample

from .base import Format
from .data_table import rows_of
from .entry import Entry, faults_of
from .left_out import quoted, some
from .table import Table, named_apart
from .xlsx_checks import check_workbook, marks_of

_OLD = b"\xd0\xcf\x11\xe0"  # .xls, and workbooks locked by a password
_MOST_ROWS, _MOST_CELLS = 1_048_576, 100_000_000
_AS_CSV = "Save the sheet as CSV (UTF-8)"


class Xlsx(Format):
    """The first sheet that is not hidden; its first row holds the names of the columns."""

    name, title, suffixes, takes = "xlsx", "Excel workbook", (".xlsx", ".xlsm"), TableSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it is a workbook by its parts, or has the name of one."""
        if entry.suffix in (*self.suffixes, ".xls"):
            return True
        return head.startswith(b"PK") and b"[Content_Types].xml" in head and b"xl/" in head

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TableSample]:
        """Give the rows of the sheet."""
        if entry.head_raw(4) == _OLD:
            raise Fault(entry.name, "it is an old .xls workbook, or one locked by a password", _AS_CSV)
        if entry.head_raw(2) != b"PK":
            raise Fault(entry.name, "it is no Excel workbook (.xlsx)", _AS_CSV)
        yield from rows_of(_table(entry, problems), problems)


def _table(entry: Entry, problems: list[Problem]) -> Table:
    from openpyxl import load_workbook

    with faults_of(entry), entry.open_seekable() as file, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with zipfile.ZipFile(file) as archive:
            check_workbook(entry, archive, problems)
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _first(entry, book, problems)
            marks = marks_of(entry, archive, sheet._worksheet_path)
            rows, lines = _rows(entry, sheet, problems)
            if marks.merged:
                message = "it has merged cells: only the first of each holds the value, the others are empty"
                problems.append(Problem(entry.name, message))
            if marks.formulae:
                formulae = load_workbook(file, read_only=True, keep_links=False)[sheet.title]
                _tell_formulae(entry, formulae, sheet, problems)
    for words in dict.fromkeys(str(warning.message) for warning in told):
        problems.append(Problem(entry.name, f"its reader warns: {quoted(words)}"))
    columns = named_apart(entry, rows[0], problems)
    return Table(entry, columns, tuple(rows[1:]), tuple(lines[1:]))


def _first(entry: Entry, book: Any, problems: list[Problem]) -> Any:
    sheets = [sheet for sheet in book.worksheets if hasattr(sheet, "iter_rows")]
    seen = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if not seen:
        raise Fault(entry.name, "it has no sheet that is not hidden", _AS_CSV)
    hidden = [quoted(sheet.title) for sheet in sheets if sheet not in seen]
    if hidden:
        problems.append(Problem(entry.name, f"it has hidden sheets, which were left out: {some(hidden)}"))
    if len(seen) > 1:
        others = some([quoted(sheet.title) for sheet in seen[1:]])
        problems.append(Problem(entry.name, f"only its first sheet, {quoted(seen[0].title)}, is opened, not {others}"))
    return seen[0]


def _rows(entry: Entry, sheet: Any, problems: list[Problem]) -> tuple[list[tuple[str, ...]], list[int]]:
    """Return the cells as text; raise `Fault` where a row is wider than the names of the columns."""
    sheet.reset_dimensions()  # what it says of its size may be false
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    errors: list[str] = []
    for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if line > _MOST_ROWS:
            raise Fault(entry.name, "its range claims more rows than a sheet can have", _AS_CSV)
        width = next((at for at in range(len(cells), 0, -1) if cells[at - 1] is not None), 0)
        if not width:
            continue
        if rows and width > len(rows[0]):
            fault = f"its range has a cell in column {width}, but the first row names {len(rows[0])} columns"
            raise Fault(entry.name, fault, "Name every column in the first row", place=f"row {line}")
        words = [_word(cell) for cell in cells[:width]]
        errors += [f"row {line}" for word in words if word.startswith("#") and word.rstrip("!?0/").isupper()]
        rows.append((*words, *[""] * (len(rows[0]) - width if rows else 0)))
        lines.append(line)
        if len(rows) * len(rows[0]) > _MOST_CELLS:
            raise Fault(entry.name, f"it has more than {_MOST_CELLS:,} cells", _AS_CSV)
    if len(rows) < 2:
        raise Fault(entry.name, "its first sheet holds no row below the names of the columns", "Choose another file")
    if errors:
        problems.append(Problem(entry.name, f"{len(errors):,} cells hold an error of the spreadsheet: {some(errors)}"))
    return rows, lines


def _word(cell: Any) -> str:
    """Return a cell as a CSV would have it."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case float():
            return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
    return str(cell)


def _tell_formulae(entry: Entry, formulae: Any, values: Any, problems: list[Problem]) -> None:
    """Tell of formulae whose value was not saved: these cells are empty."""
    formulae.reset_dimensions()
    empty: list[str] = []
    for line, (written, saved) in enumerate(zip(formulae.iter_rows(), values.iter_rows(values_only=True)), 1):
        empty += [f"row {line}" for cell, value in zip(written, saved) if cell.data_type == "f" and value is None]
    if empty:
        message = (
            f"{len(empty):,} formulae have no saved value and are empty (formulae are never worked out): {some(empty)}"
        )
        problems.append(Problem(entry.name, message))
    else:
        problems.append(Problem(entry.name, "its formulae are not worked out; the values saved last are used"))
