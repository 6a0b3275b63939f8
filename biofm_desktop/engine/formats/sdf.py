"""SDF and MOL files: molecules with coordinates and properties, by RDKit."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import MoleculeSample, Problem

from .base import Format
from .entry import Entry, shown
from .left_out import LeftOut
from .smiles import because, molecule_sample, sanitized, tell_doubled, told_by_rdkit
from .text_lines import text_of

if TYPE_CHECKING:
    from rdkit.Chem import Mol

_COUNTS = re.compile(rb"(?:[^\n]*\n){3}[ \d]{6}[^\n]*V[23]000")
_NAME = re.compile(r"<([^<>]+)>")
_MOST_ATOMS = 20_000


class Sdf(Format):
    """SDF (and a single MOL) of version 2000 or 3000; properties are kept as columns."""

    name, title, suffixes, takes = "sdf", "Molecules (SDF, MOL)", (".sdf", ".sd", ".mol"), MoleculeSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the fourth line counts atoms and bonds, or the ending is there."""
        return _COUNTS.match(head.replace(b"\r\n", b"\n")) is not None or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[MoleculeSample]:
        """Give the sound records; the others become problems."""
        text = text_of(entry, problems, "SDF")
        left_out, samples = LeftOut(entry, "records"), []
        records = re.split(r"^\$\$\$\$[^\n]*\n?", text, flags=re.MULTILINE)
        with told_by_rdkit() as words:
            for number, record in enumerate(records, 1):
                if not record.strip():
                    continue
                found = _molecule(record, words)
                if isinstance(found, str):
                    left_out.add(f"record {number}", found, " ".join(words))
                    continue
                block = record[: record.index("M  END") + 6] + "\n"
                key = shown(record.split("\n", 1)[0].strip()[:200]) or f"{entry.stem}_{number}"
                told = _properties(record[len(block) :])
                samples.append(molecule_sample(key, found, entry.source, molblock=block, columns=told))
        if not samples and not left_out:
            raise Fault(entry.name, "it holds no molecule", "Choose another file")
        left_out.tell(len(samples), problems)
        tell_doubled(entry, samples, problems)
        yield from samples


def _properties(text: str) -> dict[str, str]:
    """Return the properties after a molecule: a line ``> <name>``, then lines of the value until a blank one."""
    told: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        found = _NAME.search(line) if line.startswith(">") else None
        if found:
            name = shown(found[1])
            told[name] = ""
        elif name and line.strip():
            told[name] = f"{told[name]} {shown(line.strip())}".strip()
        else:
            name = ""
    return told


def _molecule(record: str, words: list[str]) -> "Mol | str":
    """Return the molecule of a record, or what is wrong with it."""
    from rdkit import Chem

    if "M  END" not in record:
        return "it is truncated (cut short): its M  END is missing"
    counts = record.split("\n")[3][:6] if record.count("\n") > 3 else ""
    if "V3000" not in record and not re.fullmatch(r"[ \d]{5}\d", counts):
        return "its fourth line does not count atoms and bonds"
    if record.count("\n") > 3 * _MOST_ATOMS:
        return f"it has more than {_MOST_ATOMS:,} atoms"
    del words[:]
    block = record.encode("ascii", "replace").decode()  # a name of other letters breaks RDKit's messages
    read = Chem.MolFromMolBlock(block, sanitize=False, removeHs=False, strictParsing=True)
    molecule = cast("Mol | None", read)
    if molecule is None:
        return "its table of atoms or bonds is not sound" + because(words)
    if not molecule.GetNumAtoms():
        return "it has no atom"
    places = molecule.GetConformer().GetPositions() if molecule.GetNumConformers() else np.zeros(0)
    if not np.isfinite(places).all():
        return "an atom's coordinate is not a finite number"
    return sanitized(molecule) or molecule
