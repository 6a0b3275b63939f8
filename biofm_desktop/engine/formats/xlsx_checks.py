"""What is looked at in a workbook before openpyxl reads it: sizes, entities, macros, links to other files."""

import re
import zipfile
from dataclasses import dataclass

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry
from .limits import in_words

_MOST_SHEET = 1_000_000_000  # bytes, unpacked
_FREE_SIZE, _MOST_RATIO = 50_000_000, 200  # real sheets pack 5 to 50 to 1
_STEP = 1 << 20
_DTD = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class SheetMarks:
    """What a sheet's XML holds besides values."""

    formulae: bool
    merged: bool


def check_workbook(entry: Entry, archive: zipfile.ZipFile, problems: list[Problem]) -> None:
    """Raise `Fault` for a bomb, for XML with entities and for a member that is doubled; tell of macros and links."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise Fault(entry.name, "a part of it is doubled: what it holds is not certain", "Save it again")
    for member in members:
        size, packed = member.file_size, max(member.compress_size, 1)
        if size > _MOST_SHEET or (size > _FREE_SIZE and size > _MOST_RATIO * packed):
            fault = f"its part {member.filename} claims a size of {in_words(size)}, packed into {in_words(packed)}"
            raise Fault(entry.name, fault, "Save the table as CSV")
    if any(name.endswith("vbaProject.bin") for name in names):
        problems.append(Problem(entry.name, "it holds macros (programs), which are never run"))
    if any(name.startswith("xl/externalLinks/") for name in names):
        problems.append(
            Problem(entry.name, "it links to other files, which are not read; the values saved last are used")
        )
    for name in names:
        if name.endswith((".xml", ".rels")):
            _marks(entry, archive, name)


def marks_of(entry: Entry, archive: zipfile.ZipFile, name: str) -> SheetMarks:
    """Return what the part of a sheet holds besides values."""
    found = _marks(entry, archive, name)
    return SheetMarks(b"<f" in found, b"<mergeCell " in found)


def _marks(entry: Entry, archive: zipfile.ZipFile, name: str) -> set[bytes]:
    """Return the marks that occur in a part; raise `Fault` for a DTD and for an encoding that hides one."""
    found: set[bytes] = set()
    before = b""
    with archive.open(name) as part:
        while step := part.read(_STEP):
            text = before + step
            if not before and (b"\0" in text[:200] or text[:2] in (b"\xff\xfe", b"\xfe\xff")):
                raise Fault(entry.name, f"its part {name} is in an encoding that no workbook has", "Save it again")
            if _DTD.search(text):
                raise Fault(
                    entry.name, f"its part {name} declares a DTD or an entity, which is never read", "Save it again"
                )
            if b"<f>" in text or b"<f " in text:
                found.add(b"<f")
            if b"<mergeCell " in text:
                found.add(b"<mergeCell ")
            before = step[-20:]
    return found
