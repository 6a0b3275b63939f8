"""mmCIF files: atoms as a table."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, StructureSample

from .base import Format
from .entry import Entry, faults_of, shown
from .left_out import some
from .structures import structure_sample
from .text_lines import COPY, text_of

if TYPE_CHECKING:
    from gemmi import Structure
    from gemmi.cif import Block

_COLUMNS = (
    *("id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id", "label_seq_id"),
    *("Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv", "auth_seq_id", "auth_asym_id"),
)
_FAULTS = (
    ("Wrong number of values", "a row of a table has too few values; the file may be truncated (cut short)"),
    ("unterminated text", "a text block is opened and never closed; the file may be truncated (cut short)"),
    ("unterminated", "a quote is opened and never closed"),
    ("duplicate block", "a block (data_ ...) is doubled: two have one name"),
    ("duplicate tag", "a key is doubled"),
    ("_atom_id found", "its table of atoms lacks their names"),
    ("_comp_id found", "its table of atoms lacks the names of residues"),
    ("expected block header", "it is no sound mmCIF: no block (data_ ...) begins it"),
)


class MmCif(Format):
    """mmCIF / PDBx, by gemmi; the first block with atoms is taken."""

    name, title, suffixes, takes = "mmcif", "Structure (mmCIF)", (".cif", ".mmcif"), StructureSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first word opens a block, or the ending is there."""
        return head.lstrip().startswith(b"data_") or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[StructureSample]:
        """Give the one structure."""
        structure = _parsed(entry, text_of(entry, problems, "mmCIF"), problems)
        with faults_of(entry):
            yield structure_sample(entry, structure, _again, problems)


def _parsed(entry: Entry, text: str, problems: list[Problem]) -> "Structure":
    import gemmi

    try:
        document = gemmi.cif.read_string(text)
        holding = [block for block in document if block.find(["_atom_site.Cartn_x"])]
        if not holding:
            raise Fault(entry.name, "it holds no atom (no table _atom_site)", "Choose another file")
        structure = gemmi.make_structure_from_block(holding[0])
    except Fault:
        raise
    except Exception as error:
        raise _told(entry, error) from error
    if not len(structure):
        raise Fault(entry.name, _lacking(holding[0]), COPY)
    if len(holding) > 1:
        names = some(shown(block.name) for block in holding)
        message = f"{len(holding)} of its blocks hold atoms ({names}); the first was taken"
        problems.append(Problem(entry.name, message))
    return structure


def _lacking(block: "Block") -> str:
    """Return which columns the table of atoms lacks, where gemmi takes none of its rows."""
    missing = [name for name in _COLUMNS if not block.find([f"_atom_site.{name}"])]
    return f"its table of atoms (_atom_site) lacks columns: {', '.join(missing) or 'some'}"


def _told(entry: Entry, error: Exception) -> Fault:
    """Return gemmi's words as a fault with its line and the key or block that is meant."""
    words = str(error)
    told = next((told for mark, told in _FAULTS if mark in words), "it is no sound mmCIF")
    line = re.search(r"string:(\d+)", words)
    named = re.search(r"(?:duplicate block name: |duplicate tag |loop )([\w.\[\]-]{1,80})", words)
    fault = told + (f": {named[1]}" if named else "")
    return Fault(entry.name, fault, COPY, place=f"line {line[1]}" if line else "", detail=words)


def _again(entry: Entry) -> "Structure":
    return _parsed(entry, text_of(entry, [], "mmCIF"), [])
