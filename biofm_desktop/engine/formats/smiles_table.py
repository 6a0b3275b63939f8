"""CSV and TSV tables with a ``smiles`` column; target, split and group where they are stated."""

from collections.abc import Iterator

from biofm_desktop.engine.samples import MoleculeSample, Problem

from .base import Format
from .entry import Entry, shown
from .groups import GROUP
from .left_out import LeftOut, quoted
from .sequence_table import IDENTITY, SPLIT, TARGET
from .smiles import molecule_of_smiles, molecule_sample, tell_doubled, told_by_rdkit
from .splits import split_named
from .table import TABLES, Table, header_of, read_table

SMILES = ("smiles", "canonical_smiles", "isomeric_smiles")
_NAMES = (*IDENTITY, "mol_id", "compound", "compound id", "compound_id", "molecule")


class SmilesTable(Format):
    """One molecule a row; every other cell is kept as text in the sample's columns."""

    name, title, suffixes, takes = "smiles-table", "Table of molecules (CSV, TSV)", TABLES, MoleculeSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it is a table whose header names a column of SMILES."""
        return entry.suffix in self.suffixes and bool({name.lower() for name in header_of(entry, head)} & set(SMILES))

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[MoleculeSample]:
        """Give the rows whose molecule is sound; the others become problems."""
        table = read_table(entry, problems)
        place = table.column(*SMILES)
        assert place is not None
        columns = {name: table.column(*names) for name, names in _COLUMNS.items()}
        columns["target"] = _target(table, place, columns)
        left_out, samples = LeftOut(entry, "rows"), []
        with told_by_rdkit() as words:
            for number, (row, line) in enumerate(zip(table.rows, table.lines), 1):
                smiles = row[place].strip()
                found = molecule_of_smiles(smiles, words) if smiles else "it has no SMILES"
                if isinstance(found, str):
                    left_out.add(f"line {line}", f"{quoted(smiles)}: {found}", " ".join(words))
                    continue
                said = {name: row[at].strip() for name, at in columns.items() if at is not None}
                samples.append(
                    molecule_sample(
                        shown(said.get("key", "")) or f"{entry.stem}_{number}",
                        found,
                        entry.source,
                        smiles=smiles,
                        target=said.get("target") or None,
                        split=split_named(said.get("split", "")),
                        group=said.get("group", ""),
                        columns={name: cell for i, (name, cell) in enumerate(zip(table.columns, row)) if i != place},
                    )
                )
        left_out.tell(len(samples), problems)
        tell_doubled(entry, samples, problems)
        yield from samples


_COLUMNS = {"target": TARGET, "split": SPLIT, "group": GROUP, "key": _NAMES}


def _target(table: Table, smiles: int, columns: dict[str, int | None]) -> int | None:
    """Return the column to be learnt: one with a name that says so, else the only one left."""
    if columns["target"] is not None:
        return columns["target"]
    left = [place for place in range(len(table.columns)) if place != smiles and place not in columns.values()]
    return left[0] if len(left) == 1 else None
