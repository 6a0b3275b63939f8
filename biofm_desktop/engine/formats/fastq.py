"""FASTQ reads; of the qualities their mean is kept."""

from collections.abc import Iterator
from io import StringIO

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, SequenceSample

from .alphabet import checked, guess
from .base import Format
from .entry import Entry
from .table import decode, is_text

_COPY = "Get a sound copy of it"
_NEW_LOWEST, _OLD_LOWEST, _USUAL_HIGHEST = 33, 59, 80


class Fastq(Format):
    """Reads with a quality for each letter (Phred + 33; the old + 64 where the letters show it)."""

    name, title, suffixes, takes = "fastq", "FASTQ reads", (".fastq", ".fq"), SequenceSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first sign is @ under the ending of FASTQ."""
        return entry.suffix in self.suffixes and not head.lstrip().startswith(b">")

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[SequenceSample]:
        """Give the reads; raise `Fault` naming the read that is not sound."""
        reads = list(_reads(entry, problems))
        if not reads:
            raise Fault(entry.name, "it holds no record", "Choose another file")
        zero = _zero(entry, reads, problems)
        alphabet = guess(letters for _, letters, _ in reads)
        samples = [
            SequenceSample(
                key=title.split()[0] if title.split() else f"{entry.stem}_{number}",
                letters=letters,
                alphabet=alphabet,
                description=title[:1000],
                source=entry.source,
                columns={"mean_quality": f"{sum(marks.encode()) / len(marks) - zero:.1f}" if marks else ""},
            )
            for number, (title, letters, marks) in enumerate(reads, 1)
        ]
        yield from checked(samples, entry.name, problems)


def _reads(entry: Entry, problems: list[Problem]) -> Iterator[tuple[str, str, str]]:
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

    data = entry.read_bytes()
    if not is_text(data[:4096]) and not data.startswith(b"@"):
        raise Fault(entry.name, "it is not FASTQ: it is no text", "Choose another file")
    text = decode(entry, data, problems).replace("\r\n", "\n")
    sound = 0
    try:
        for title, letters, marks in FastqGeneralIterator(StringIO(text)):
            yield title, letters.upper(), marks
            sound += 1
    except ValueError as error:
        line = 4 * sound + 1  # Biopython allows more lines a read; a file of those is named a few lines off
        name = "".join(text.split("\n")[line - 1 : line]).lstrip("@").split(" ")[0]
        fault = f"the read {name} is truncated (cut short) or not as long as its qualities"
        raise Fault(entry.name, fault, _COPY, place=f"line {line}", detail=str(error)) from None


def _zero(entry: Entry, reads: list[tuple[str, str, str]], problems: list[Problem]) -> int:
    """Return the letter's code that means quality 0; tell where the letters do not settle it."""
    lowest = min((min(marks) for _, _, marks in reads if marks), default="I")
    highest = max((max(marks) for _, _, marks in reads if marks), default="I")
    for title, _, marks in reads:
        if any(not _NEW_LOWEST <= ord(mark) <= 126 for mark in set(marks)):
            raise Fault(
                entry.name, "a quality letter is outside the range from ! to ~", _COPY, place=f"read {title[:60]}"
            )
    if ord(highest) <= _USUAL_HIGHEST:
        return 33
    if ord(lowest) >= _OLD_LOWEST:
        problems.append(Problem(entry.name, "its quality letters are of the old scale (Phred + 64), which was taken"))
        return 64
    message = "its quality letters are of two scales (Phred + 33 and + 64); Phred + 33 was taken"
    problems.append(Problem(entry.name, message))
    return 33
