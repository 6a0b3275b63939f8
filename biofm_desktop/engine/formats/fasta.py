"""FASTA: DNA, RNA or protein, also packed by gzip."""

from collections import Counter
from collections.abc import Iterator
from io import BytesIO, StringIO, TextIOWrapper
from typing import TextIO

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, SequenceSample

from .alphabet import checked, doubts, guess
from .base import Format
from .entry import HEAD, Entry
from .table import decode, is_text


class Fasta(Format):
    """Records that begin with ``>``; case is dropped."""

    name, title, takes = "fasta", "FASTA sequences", SequenceSample
    suffixes = (".fasta", ".fa", ".faa", ".fna", ".ffn", ".fas", ".frn")

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first sign is ``>``; without one, go by the ending."""
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return entry.suffix in self.suffixes
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return start.startswith(b">") or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[SequenceSample]:
        """Give the sound records; empty ones and those with strange letters become problems."""
        records = self._records(entry, problems)
        alphabet = guess(letters for _, letters in records)
        samples = [
            SequenceSample(
                key=title.split()[0] if title.split() else f"{entry.stem}_{i}",
                letters=letters,
                alphabet=alphabet,
                description=title[:1000],
                source=entry.source,
            )
            for i, (title, letters) in enumerate(records, 1)
        ]
        problems += [Problem(entry.name, doubt) for doubt in doubts([(s.key, s.letters) for s in samples], alphabet)]
        doubled = [name for name, times in Counter(s.key for s in samples).items() if times > 1]
        if doubled:
            names = ", ".join(doubled[:5])
            problems.append(Problem(entry.name, f"{len(doubled)} names are doubled: {names}; all are kept, numbered"))
        yield from checked(samples, entry.name, problems)

    def _records(self, entry: Entry, problems: list[Problem]) -> list[tuple[str, str]]:
        from Bio.SeqIO.FastaIO import SimpleFastaParser

        data = entry.read_bytes()
        if not data.strip():
            raise Fault(entry.name, "it holds no record", "Choose another file")
        if not is_text(data[:4096]):
            if b">" not in data[:1]:
                raise Fault(entry.name, "it is not FASTA: it is no text", "Choose another file")
            raise Fault(entry.name, "its letters are not a sequence", "Get a sound copy of it", place=_bad_line(data))
        lines = _lines(entry, data, problems)
        return [(title, "".join(letters.split()).upper()) for title, letters in SimpleFastaParser(lines)]


def _lines(entry: Entry, data: bytes, problems: list[Problem]) -> TextIO:
    """Return the text line by line, line ends of every system; raise `Fault` for NUL bytes and a missing header."""
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Fault(entry.name, "it holds NUL bytes", "Get a sound copy of it", place=_bad_line(data))
    if data.isascii():  # as most are, and then without two more copies in memory
        start = data[:HEAD].decode("ascii")
        lines: TextIO = TextIOWrapper(BytesIO(data), "ascii", newline=None)
    else:
        start = decode(entry, data, problems)
        lines = StringIO(start, newline=None)
    if not start.lstrip().startswith(">"):
        raise Fault(entry.name, "it has no header line (a line that begins with >)", "Put a header line first")
    return lines


def _bad_line(data: bytes) -> str:
    at = next((i for i, byte in enumerate(data) if byte < 32 and byte not in (9, 10, 12, 13)), 0)
    return f"line {data[:at].count(10) + 1}"
