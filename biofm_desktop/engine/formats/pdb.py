"""PDB files: atoms in fixed columns."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, StructureSample

from .base import Format
from .entry import Entry, faults_of
from .left_out import quoted
from .structures import structure_sample
from .table import is_text
from .text_lines import COPY, numbered, text_of

if TYPE_CHECKING:
    from gemmi import Structure

_FIRST = re.compile(rb"(HEADER {4}|ATOM  |HETATM|CRYST1|MODEL {5}|TITLE {5}|REMARK +\d)")
_PLACE = re.compile(r" *[-+]?\d*\.\d+")  # a number that ends where its columns end
_COORDINATES = ((30, 38, "x"), (38, 46, "y"), (46, 54, "z"))


class Pdb(Format):
    """PDB, by gemmi; the columns of every atom are looked at first, which gemmi reads as they come."""

    name, title, suffixes, takes = "pdb", "Structure (PDB)", (".pdb", ".ent"), StructureSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first line is one of PDB, or the ending is there."""
        return _FIRST.match(head) is not None or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[StructureSample]:
        """Give the one structure."""
        if not is_text(entry.head()):
            raise Fault(entry.name, "it is not text and holds no atom of PDB", "Choose another file")
        text = text_of(entry, problems, "PDB")
        count = _check_columns(entry, text)
        if not count:
            raise Fault(entry.name, "it holds no atom (no line that begins with ATOM or HETATM)", "Choose another file")
        if re.search(r"^(?:ATOM  |HETATM)\*{5}|^(?:ATOM  |HETATM) *\*", text, re.MULTILINE):
            problems.append(Problem(entry.name, "its atoms have serial numbers of *****; they were numbered anew"))
        with faults_of(entry):
            yield structure_sample(entry, _parsed(entry, text), _again, problems)


def _parsed(entry: Entry, text: str) -> "Structure":
    import gemmi

    try:
        return gemmi.read_pdb_string(text.encode("ascii", "replace").decode())  # it counts columns in bytes
    except Exception as error:
        words = str(error)
        found = re.search(r"line (\d+)", words)
        told = "it is no sound PDB"
        if "MODEL" in words:
            told = "a MODEL begins before the one before it is closed by ENDMDL"
        elif "too short" in words:
            told = "the line of an atom is truncated (cut short)"
        raise Fault(entry.name, told, COPY, place=f"line {found[1]}" if found else "", detail=words) from error


def _again(entry: Entry) -> "Structure":
    return _parsed(entry, text_of(entry, [], "PDB"))


def _check_columns(entry: Entry, text: str) -> int:
    """Return how many lines of atoms there are; raise `Fault` where a coordinate is not in its columns."""
    count = 0
    for number, line in numbered(text):
        if not line.startswith(("ATOM", "HETATM")):
            continue
        count += 1
        for start, end, axis in _COORDINATES:
            if not _PLACE.fullmatch(line[start:end]):
                raise _column_fault(entry, number, line, line[start:end], f"{axis} ({start + 1} to {end})")
    return count


def _column_fault(entry: Entry, number: int, line: str, cell: str, columns: str) -> Fault:
    place = f"line {number}"
    if len(line.rstrip()) < 54:
        return Fault(entry.name, "the line of an atom is truncated (cut short)", COPY, place=place)
    fault = f"the atom's columns do not fit: {quoted(cell)} stands in the columns of {columns}"
    return Fault(entry.name, fault, COPY, place=place)
