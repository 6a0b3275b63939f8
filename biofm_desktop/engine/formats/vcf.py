"""VCF: variants along reference sequences, with the genotypes of samples."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Feature, Problem, TrackSample

from .base import Format
from .entry import Entry, shown
from .left_out import LeftOut, quoted, some
from .text_lines import COPY, cut_at_the_end, numbered, text_of
from .tracks import Tracks, position

_COLUMNS = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_REF = re.compile(r"[ACGTNRYSWKMBDHVacgtnryswkmbdhv]+")
_ALT = re.compile(
    r"[ACGTNacgtn*]+|\.|<[^<>]+>|[^\s,\[\]]*[\[\]][^\s,\[\]]+[\[\]][^\s,\[\]]*|\.[ACGTNacgtn]+|[ACGTNacgtn]+\."
)
_CONTIG = re.compile(r"##contig=<(?=.*\bID=([^,>]+))(?=.*\blength=(\d{1,12})\b)")
_LONGEST_CELL = 100_000


class Vcf(Format):
    """VCF 4; a variant's place begins at 1 in the file and at 0 here, its alleles stand in the cells."""

    name, title, suffixes, takes = "vcf", "Variants (VCF)", (".vcf",), TrackSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first line states the version, or the ending is there."""
        return head.removeprefix(b"\xef\xbb\xbf").startswith(b"##fileformat=VCF") or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TrackSample]:
        """Give one track a reference sequence; lines that are not sound become problems."""
        text = text_of(entry, problems, "VCF")
        header, lengths = _header(entry, text)
        samples = header[9:]
        doubled = [name for name, times in Counter(samples).items() if times > 1]
        if doubled:
            message = (
                f"the names of {len(doubled)} samples are doubled: {some(map(quoted, doubled))}; all are kept, numbered"
            )
            problems.append(Problem(entry.name, message))
        names = _numbered(samples)
        left_out, tracks = LeftOut(entry, "lines"), Tracks(entry, lengths)
        for number, line in numbered(text):
            if line.startswith("#"):
                continue
            cells = line.split("\t")
            fault = _fault(cells, len(header))
            if fault:
                left_out.add(f"line {number}", fault + cut_at_the_end(text, number))
                continue
            if unknown := _alleles_beyond(cells):
                left_out.doubt(f"line {number}", f"a genotype names allele {unknown}, which is not there")
            tracks.add(cells[0], number, _feature(cells), _cells(cells, names), left_out)
        left_out.tell(len(tracks), problems)
        yield from tracks.samples(problems)


def _header(entry: Entry, text: str) -> tuple[list[str], dict[str, int]]:
    """Return the names of the columns and the lengths of the contigs; raise `Fault` where the header is missing."""
    lengths: dict[str, int] = {}
    for number, line in numbered(text):
        if line.startswith("##"):
            if found := _CONTIG.match(line):
                lengths[found[1]] = int(found[2])
        elif line.startswith("#"):
            columns = line.lstrip("#").split("\t")
            if tuple(columns[:8]) != _COLUMNS:
                fault = f"its header must name {', '.join(_COLUMNS)}, parted by tabs"
                raise Fault(entry.name, fault, COPY, place=f"line {number}")
            return columns, lengths
        else:
            break
    raise Fault(entry.name, "its header is missing (no line that begins with #CHROM)", COPY)


def _numbered(samples: list[str]) -> list[str]:
    met: Counter[str] = Counter()
    names = []
    for sample in samples:
        met[sample] += 1
        names.append(shown(sample) + (f" ({met[sample]})" if met[sample] > 1 else ""))
    return names


def _fault(cells: list[str], columns: int) -> str:
    """Return what is wrong with a line; empty where it is sound."""
    if len(cells) != columns:
        spaces = "; columns must be parted by tabs" if len(cells) == 1 else ""
        return f"it has {len(cells)} columns, the header has {columns}{spaces}"
    if position(cells[1]) is None:
        return f"its position {quoted(cells[1])} is no place (a whole number)"
    if not _REF.fullmatch(cells[3]):
        return f"its reference allele {quoted(cells[3])} holds a letter that is none of DNA"
    strange = next((allele for allele in cells[4].split(",") if not _ALT.fullmatch(allele)), None)
    if strange is not None:
        return f"its alternative allele {quoted(strange)} is none"
    if cells[5] != "." and not _is_number(cells[5]):
        return f"its quality {quoted(cells[5])} is no number"
    return ""


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _alleles_beyond(cells: list[str]) -> str:
    """Return the first allele of a genotype that the line does not have; empty where all are there."""
    if len(cells) < 10 or cells[8].split(":")[0] != "GT":
        return ""
    count = 0 if cells[4] == "." else cells[4].count(",") + 1
    for cell in cells[9:]:
        for allele in re.split(r"[/|]", cell.split(":")[0]):
            if allele != "." and (not allele.isdecimal() or int(allele[:9]) > count):
                return f"{quoted(allele)} of {count}"
    return ""


def _feature(cells: list[str]) -> Feature:
    start = max(int(cells[1]) - 1, 0)
    score = None if cells[5] == "." else float(cells[5])
    name = "" if cells[2] == "." else shown(cells[2][:200])
    return Feature(start, start + len(cells[3]), "variant", name, 0, score)


def _cells(cells: list[str], names: list[str]) -> Mapping[str, str]:
    told = {"ref": cells[3], "alt": cells[4], "filter": cells[6], "info": cells[7]}
    if len(cells) > 8:
        told |= {"format": cells[8], **dict(zip(names, cells[9:]))}
    return {name: shown(cell) if len(cell) < _LONGEST_CELL else cell for name, cell in told.items()}
