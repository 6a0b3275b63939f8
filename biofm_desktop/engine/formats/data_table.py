"""CSV and TSV tables of numbers and words: a row a sample."""

from collections.abc import Iterator

from biofm_desktop.engine.samples import Columns, Problem, TableSample

from .base import Format
from .data_table_checks import check_rows
from .data_table_columns import columns_of
from .entry import Entry
from .groups import group_column
from .sequence_table import IDENTITY, SPLIT, TARGET
from .splits import split_named
from .table import TABLES, Table, read_table


class DataTable(Format):
    """Any table with a line of names at its top; target, split and group where columns of known names state them."""

    name, title, suffixes, takes = "table", "Table of numbers and words (CSV, TSV)", TABLES, TableSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the name of a table; those of sequences are asked before."""
        return entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TableSample]:
        """Give the rows; what a spreadsheet may have spoiled becomes a problem."""
        yield from rows_of(read_table(entry, problems), problems)


def rows_of(table: Table, problems: list[Problem]) -> Iterator[TableSample]:
    """Give the rows of a table of text as samples which share its columns."""
    identity, group = table.column(*IDENTITY), group_column(table)
    target, split = table.column(*TARGET), table.column(*SPLIT)
    shared = Columns(len(table.rows), columns_of(table, {identity, group}, problems))
    check_rows(table, target, problems)
    for number, cells in enumerate(table.rows):
        name = cells[identity].strip() if identity is not None else ""
        yield TableSample(
            key=name or f"{table.entry.stem}_{number + 1}",
            table=shared,
            row=number,
            target=(cells[target].strip() or None) if target is not None else None,
            group=cells[group].strip() if group is not None else "",
            split=split_named(cells[split]) if split is not None else "",
            source=table.entry.source,
        )
