"""CSV and TSV tables with a column of texts; target, split and group where they are stated."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, TextSample

from .base import Format
from .entry import Entry, shown
from .groups import GROUP
from .left_out import LeftOut
from .sequence_table import IDENTITY, SPLIT, TARGET
from .splits import split_named
from .table import TABLES, header_of, named_apart, separator_of
from .text_doubts import text_doubts
from .text_lines import text_of

TEXT = ("text", "note", "sentence", "abstract", "document", "report", "question")
_MOST_COLUMNS = 8  # a table of more is a table, with remarks


class TextTable(Format):
    """One text a row; every other cell is kept as text in the sample's columns."""

    name, title, suffixes, takes = "text-table", "Table of texts (CSV, TSV)", TABLES, TextSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it is a table whose header names a column of texts."""
        names = [name.lower() for name in header_of(entry, head)] if entry.suffix in self.suffixes else []
        return len(names) <= _MOST_COLUMNS and bool(set(names) & set(TEXT))

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TextSample]:
        """Give the rows with a text; rows of too few or too many cells become problems."""
        columns, rows = _rows(entry, text_of(entry, problems, "table"), problems)
        lower = [name.lower() for name in columns]
        at = {name: next((lower.index(n) for n in names if n in lower), None) for name, names in _COLUMNS.items()}
        left_out, samples = LeftOut(entry, "rows"), []
        for place, (line, row) in enumerate(rows, 1):
            if len(row) != len(columns):
                left_out.add(f"line {line}", f"it has {len(row)} cells, the header has {len(columns)}")
                continue
            said = {name: row[i].strip() for name, i in at.items() if i is not None}
            text = row[at["text"] or 0]
            if not text.strip():
                left_out.add(f"line {line}", "it has no text")
                continue
            sample = TextSample(
                key=shown(said.get("key", "")) or f"{entry.stem}_{place}", source=entry.source, text=text
            )
            samples.append(
                replace(
                    sample,
                    target=said.get("target") or None,
                    split=split_named(said.get("split", "")),
                    group=said.get("group", ""),
                    columns={name: cell for i, (name, cell) in enumerate(zip(columns, row)) if i != at["text"]},
                )
            )
        if not rows:
            raise Fault(entry.name, "it has a header but no row", "Choose another file")
        left_out.tell(len(samples), problems)
        problems += [Problem(entry.name, doubt) for doubt in text_doubts(sample.text for sample in samples)]
        yield from samples


_COLUMNS = {"text": TEXT, "target": TARGET, "split": SPLIT, "group": GROUP, "key": (*IDENTITY, "pmid", "doi")}


def _rows(entry: Entry, text: str, problems: list[Problem]) -> tuple[tuple[str, ...], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and each row with the line it begins on."""
    separator = separator_of(text.split("\n", 1)[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, begin = [], 1
    try:
        for row in reader:
            if row:
                rows.append((begin, row))
            begin = reader.line_num + 1
    except csv.Error as error:
        fault = "a quote is opened and never closed" if "end of data" in str(error) else f"it is no sound CSV ({error})"
        raise Fault(entry.name, fault, "Mend this line", place=f"line {begin}") from None
    return named_apart(entry, rows[0][1], problems), rows[1:]
