"""Files of SMILES: one molecule a line, its name after it."""

from collections.abc import Iterator

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import MoleculeSample, Problem

from .base import Format
from .entry import Entry, shown
from .left_out import LeftOut
from .smiles import molecule_of_smiles, molecule_sample, tell_doubled, told_by_rdkit
from .table import decode, is_text
from .text_lines import COPY, cut_at_the_end


class SmilesFile(Format):
    """SMILES, then a blank or a tab, then a name."""

    name, title, suffixes, takes = "smiles", "Molecules (SMILES)", (".smi", ".smiles", ".ism"), MoleculeSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending of SMILES: any word can be one."""
        return entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[MoleculeSample]:
        """Give the sound molecules; the other lines become problems."""
        text = _text(entry, problems)
        left_out = LeftOut(entry, "lines")
        samples: list[MoleculeSample] = []
        with told_by_rdkit() as words:
            for number, line in enumerate(text.split("\n"), 1):
                smiles, _, name = line.strip().replace("\t", " ").partition(" ")
                if not smiles or (number == 1 and smiles.lower() == "smiles"):
                    continue
                found = molecule_of_smiles(smiles, words)
                if isinstance(found, str):
                    left_out.add(f"line {number}", found + cut_at_the_end(text, number), " ".join(words))
                    if left_out.hopeless(len(samples)):
                        break
                    continue
                key = shown(name.strip()) or f"{entry.stem}_{number}"
                samples.append(molecule_sample(key, found, entry.source, smiles=smiles))
        if not samples and not left_out:
            raise Fault(entry.name, "it holds no molecule", "Choose another file")
        left_out.tell(len(samples), problems)
        tell_doubled(entry, samples, problems)
        yield from samples


def _text(entry: Entry, problems: list[Problem]) -> str:
    """Return the text, NUL bytes within: their lines are told one by one."""
    data = entry.read_bytes()
    if not is_text(data[:4096].replace(b"\0", b" ")):
        raise Fault(entry.name, "it is not text and holds no molecule", COPY)
    return decode(entry, data, problems).replace("\r\n", "\n").replace("\r", "\n")
