"""GFF3: features along reference sequences."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from biofm_desktop.engine.samples import Feature, Problem, TrackSample

from .base import Format
from .entry import Entry, shown
from .left_out import LeftOut, quoted, some
from .text_lines import cut_at_the_end, numbered, text_of
from .tracks import Tracks, position

_STRANDS = {"+": 1, "-": -1, ".": 0, "?": 0}
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_COLUMNS = 9


@dataclass
class _Line:
    number: int
    reference: str
    feature: Feature
    cells: dict[str, str]
    parents: tuple[str, ...] = field(default=())


class Gff3(Format):
    """GFF version 3. Lines of one ID are parts of one feature; numbers of the file begin at 1 and include the end."""

    name, title, suffixes, takes = "gff3", "Features (GFF3)", (".gff3", ".gff"), TrackSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first line states the version, or the ending is there."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"##gff-version") or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TrackSample]:
        """Give one track a reference sequence; lines that are not sound become problems."""
        text = text_of(entry, problems, "GFF3")
        left_out, lengths = LeftOut(entry, "lines"), {}
        lines: list[_Line] = []
        for number, line in numbered(text):
            if line.startswith(("##FASTA", ">")):
                problems.append(Problem(entry.name, f"line {number}: the sequences from here on were not read"))
                break
            if line.startswith("##sequence-region"):
                lengths.update(_region(line))
            if line.startswith("#"):
                continue
            found = _line(number, line)
            if isinstance(found, str):
                left_out.add(f"line {number}", found + cut_at_the_end(text, number))
            else:
                lines.append(found)
        _check_parents(lines, left_out)
        tracks = Tracks(entry, lengths)
        for joined in _joined(lines, left_out):
            tracks.add(joined.reference, joined.number, joined.feature, joined.cells, left_out)
        left_out.tell(len(tracks), problems)
        yield from tracks.samples(problems)


def _region(line: str) -> dict[str, int]:
    words = line.split()
    return {unquote(words[1]): int(words[3])} if len(words) == 4 and words[3].isdecimal() else {}


def _line(number: int, line: str) -> _Line | str:
    """Return a line's feature, or what is wrong with it."""
    cells = line.split("\t")
    if len(cells) != _COLUMNS:
        spaces = "; columns must be parted by tabs" if "\t" not in line else ""
        return f"it has {len(cells)} columns, not {_COLUMNS}{spaces}"
    start, end = position(cells[3]), position(cells[4])
    if start is None or end is None or start < 1:
        return f"start {quoted(cells[3])} and end {quoted(cells[4])} are no places (whole numbers from 1)"
    if start > end:
        return f"it starts at {start:,}, after its end at {end:,}"
    if cells[6] not in _STRANDS:
        return f"its strand {quoted(cells[6])} is none of + - . ?"
    if cells[7] not in (".", "0", "1", "2"):
        return f"its phase {quoted(cells[7])} is none of 0 1 2"
    if _BAD_ESCAPE.search(cells[8]):
        return "a % in its last column is not followed by two digits of base 16"
    try:
        score = None if cells[5] == "." else float(cells[5])
    except ValueError:
        return f"its score {quoted(cells[5])} is no number"
    attributes = dict(part.strip().split("=", 1) for part in cells[8].split(";") if "=" in part)
    told = {unquote(name): shown(unquote(value)) for name, value in attributes.items()}
    name = next((told[word] for word in ("Name", "ID", "gene") if told.get(word)), "")
    told |= {"source": shown(cells[1])} | ({"phase": cells[7]} if cells[7] != "." else {})
    parents = tuple(unquote(parent) for parent in attributes.get("Parent", "").split(",") if parent)
    kind = shown(unquote(cells[2]))
    feature = Feature(start - 1, end, kind, name[:200], _STRANDS[cells[6]], score)
    return _Line(number, unquote(cells[0]), feature, told, parents)


def _check_parents(lines: list[_Line], left_out: LeftOut) -> None:
    known = {line.cells["ID"] for line in lines if "ID" in line.cells}
    missing = {parent for line in lines for parent in line.parents if shown(parent) not in known}
    if missing:
        at = some([f"line {line.number}" for line in lines if missing & set(line.parents)])
        left_out.doubt(at, f"{len(missing)} parents are not in the file: {some(map(quoted, sorted(missing)))}")


def _joined(lines: list[_Line], left_out: LeftOut) -> Iterator[_Line]:
    """Give the features, lines of one ID and kind on one reference as the parts of one."""
    of_id: dict[tuple[str, str, str], list[_Line]] = {}
    for line in lines:
        identity = line.cells.get("ID") or f"\0{line.number}"
        of_id.setdefault((line.reference, line.feature.kind, identity), []).append(line)
    kinds: dict[str, Mapping[str, str]] = {}
    for (_, kind, identity), parts in of_id.items():
        if kinds.setdefault(identity, {"kind": kind})["kind"] != kind:
            left_out.doubt(
                f"line {parts[0].number}", f"the ID {quoted(identity)} is doubled: features of two kinds have it"
            )
        if len(parts) == 1:
            yield parts[0]
            continue
        ends = sorted((part.feature.start, part.feature.end) for part in parts)
        first = parts[0].feature
        whole = Feature(
            ends[0][0], max(end for _, end in ends), kind, first.name, first.strand, first.score, tuple(ends)
        )
        yield _Line(parts[0].number, parts[0].reference, whole, parts[0].cells, parts[0].parents)
