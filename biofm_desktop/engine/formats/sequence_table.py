"""CSV and TSV tables with a ``sequence`` column; target, split and group where they are stated."""

import re
from collections.abc import Iterator

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, SequenceSample

from .alphabet import checked, guess
from .base import Format
from .entry import Entry
from .groups import GROUP, group_column
from .splits import split_named
from .table import TABLES, Table, header_of, read_table

SEQUENCE = ("sequence", "seq")
TARGET = ("label", "target", "class", "category", "y")
IDENTITY = ("id", "name", "key", "accession", "record", "identifier")
SPLIT = ("split", "set", "fold", "stage")
_BLANKS = re.compile(r"\s+")


class SequenceTable(Format):
    """One sequence a row; every other cell is kept as text in the sample's columns."""

    name, title, suffixes, takes = (
        "sequence-table",
        "Table of sequences (CSV, TSV)",
        TABLES,
        SequenceSample,
    )

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the name of a table, and a column of sequences."""
        return entry.suffix in self.suffixes and any(name.lower() in SEQUENCE for name in header_of(entry, head))

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[SequenceSample]:
        """Give the sound rows; empty sequences and strange letters become problems."""
        table = read_table(entry, problems)
        place = table.column(*SEQUENCE)
        if place is None:  # its first line is cut by a quote that ends in a later one
            raise Fault(entry.name, "it has no column 'sequence'", "Name the column of letters 'sequence'")
        letters = [_BLANKS.sub("", row[place]).upper() for row in table.rows]
        alphabet = guess(letters)
        target, split, group, identity = (
            _target_column(table),
            table.column(*SPLIT),
            group_column(table),
            table.column(*IDENTITY),
        )
        samples = []
        for number, (row, word) in enumerate(zip(table.rows, letters), 1):
            name = row[identity].strip() if identity is not None else ""
            samples.append(
                SequenceSample(
                    key=name or f"{entry.stem}_{number}",
                    letters=word,
                    alphabet=alphabet,
                    target=(row[target].strip() or None) if target is not None else None,
                    split=split_named(row[split]) if split is not None else "",
                    group=row[group].strip() if group is not None else "",
                    columns={c: cell for i, (c, cell) in enumerate(zip(table.columns, row)) if i != place},
                    source=entry.source,
                )
            )
        yield from checked(samples, entry.name, problems)


def _target_column(table: Table) -> int | None:
    """Return the column to be learnt: one with a name that says so, else the only one left that can be it.

    Names, places, and columns that only hold words of a split are not to be learnt.
    """
    stated = table.column(*TARGET)
    if stated is not None:
        return stated
    known = {*SEQUENCE, *GROUP, *IDENTITY, *SPLIT, "description", "start", "end", "strand", "organism", "species"}
    left = [
        place
        for place, name in enumerate(table.columns)
        if name.lower() not in known and not all(not row[place] or split_named(row[place]) for row in table.rows)
    ]
    return left[0] if len(left) == 1 else None
