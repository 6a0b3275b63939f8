"""A row of a table of numbers and words; all rows share the table's columns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import Sample
from .image import LazyImage

#: One column: numbers with NaN where there is none, or words with None where there is none.
Column = NDArray[np.float64] | tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class Columns:
    """The cells of all rows. ``named`` columns are in memory.

    ``measured`` names further columns of numbers (genes) that stay on the disk, in ``blocks`` of so many rows each.
    """

    rows: int
    named: dict[str, Column]
    measured: tuple[str, ...] = ()
    blocks: tuple[LazyImage, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns in their order."""
        return (*self.named, *self.measured)

    def numbers(self, start: int, stop: int) -> NDArray[np.float64]:
        """Return the numbers of some rows: columns of numbers in memory first, then the measured ones."""
        parts = [column[start:stop, None] for column in self.named.values() if isinstance(column, np.ndarray)]
        parts += [self.measurements(start, stop).astype(np.float64)] if self.measured else []
        return np.concatenate(parts, axis=1) if parts else np.empty((stop - start, 0))

    def measurements(self, start: int, stop: int) -> NDArray[Any]:
        """Return the measured columns of some rows, read from the disk; raise `Fault` where they cannot be."""
        parts, first = [], 0
        for block in self.blocks:
            last = first + block.shape[0]
            if first < stop and last > start:
                parts.append(block.read()[max(start - first, 0) : stop - first])
            first = last
        return np.concatenate(parts) if parts else np.empty((0, len(self.measured)))

    def __str__(self) -> str:
        return f"{self.rows:,} rows, {len(self.names):,} columns"


@dataclass(frozen=True, eq=False, kw_only=True)
class TableSample(Sample):
    """The row at ``row`` (from 0) of a table; ``columns`` are the cells that the user corrected, as text."""

    table: Columns
    row: int

    @property
    def cells(self) -> dict[str, float | str | None]:
        """Return the cells in memory by the names of their columns; None where there is none."""
        found = {name: _cell(column, self.row) for name, column in self.table.named.items()}
        kept = self.columns.keys() & found.keys()  # the file may have lost a column since
        return found | {name: self.cell_of(name, self.columns[name]) for name in kept}

    def cell_of(self, name: str, text: str) -> float | str | None:
        """Return what a text means in a column; raise `KeyError` for one that is not in memory, `ValueError` for a
        word among numbers."""
        column = self.table.named[name]
        if not text.strip():
            return None
        return float(text) if isinstance(column, np.ndarray) else text

    def numbers(self) -> NDArray[np.float64]:
        """Return the numbers of the row, the measured ones read from the disk; raise `Fault` where they cannot be."""
        found = self.table.numbers(self.row, self.row + 1)[0]
        names = [name for name, column in self.table.named.items() if isinstance(column, np.ndarray)]
        for name in self.columns.keys() & set(names):
            cell = self.cell_of(name, self.columns[name])
            found[names.index(name)] = np.nan if cell is None else cell
        return found


def _cell(column: Column, row: int) -> float | str | None:
    cell = column[row]
    if isinstance(cell, np.floating):
        return None if np.isnan(cell) else float(cell)
    return cell
