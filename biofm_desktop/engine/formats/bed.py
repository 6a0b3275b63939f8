"""BED: intervals along reference sequences."""

from collections.abc import Iterator

from biofm_desktop.engine.samples import Feature, Problem, TrackSample

from .base import Format
from .entry import Entry, shown
from .left_out import LeftOut, quoted
from .text_lines import cut_at_the_end, numbered, text_of
from .tracks import Tracks, position

_NAMES = ("name", "score", "strand", "thick start", "thick end", "colour", "blocks", "block sizes", "block starts")
_STRANDS = {"+": 1, "-": -1, ".": 0, "": 0}


class Bed(Format):
    """BED of 3 to 12 columns; its numbers begin at 0 and leave the end out, as ours do."""

    name, title, suffixes, takes = "bed", "Intervals (BED)", (".bed",), TrackSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending of BED (binary PLINK files have it too, and are no text)."""
        return entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TrackSample]:
        """Give one track a reference sequence; lines that are not sound become problems."""
        text = text_of(entry, problems, "BED")
        left_out, tracks = LeftOut(entry, "lines"), Tracks(entry, {})
        for number, line in numbered(text):
            if line.startswith(("#", "track", "browser")):
                continue
            cells = line.split("\t") if "\t" in line else line.split()
            found = _feature(cells)
            if isinstance(found, str):
                left_out.add(f"line {number}", found + cut_at_the_end(text, number))
            else:
                told = {name: shown(cell) for name, cell in zip(_NAMES, cells[3:])}
                tracks.add(cells[0].strip(), number, found, told, left_out)
        left_out.tell(len(tracks), problems)
        yield from tracks.samples(problems)


def _feature(cells: list[str]) -> Feature | str:
    """Return a line's feature, or what is wrong with it."""
    if len(cells) < 3:
        return f"it has {len(cells)} columns, at least 3 are needed"
    start, end = position(cells[1].strip()), position(cells[2].strip())
    if start is None or end is None:
        return f"start {quoted(cells[1])} and end {quoted(cells[2])} are no places (whole numbers from 0)"
    if start > end:
        return f"it starts at {start:,}, after its end at {end:,}"
    strand = cells[5].strip() if len(cells) > 5 else "."
    if strand not in _STRANDS:
        return f"its strand {quoted(strand)} is none of + - ."
    score = None
    if len(cells) > 4 and cells[4].strip() not in ("", "."):
        try:
            score = float(cells[4])
        except ValueError:
            return f"its score {quoted(cells[4])} is no number"
    parts = _blocks(cells, start, end)
    if parts is None:
        return "its blocks do not lie within it, or their count is wrong"
    return Feature(
        start, end, "interval", shown(cells[3][:200]) if len(cells) > 3 else "", _STRANDS[strand], score, parts
    )


def _blocks(cells: list[str], start: int, end: int) -> tuple[tuple[int, int], ...] | None:
    """Return the blocks of a line of 12 columns, () where there are none; None where they cannot be."""
    if len(cells) < 12:
        return ()
    sizes, starts = ([position(word.strip()) for word in cell.strip(" ,").split(",")] for cell in cells[10:12])
    if cells[9].strip() != str(len(sizes)) or len(starts) != len(sizes):
        return None
    blocks = [(start + s, start + s + n) for s, n in zip(starts, sizes) if s is not None and n is not None]
    if len(blocks) < len(sizes) or any(last > end for _, last in blocks):
        return None
    return tuple(blocks) if len(blocks) > 1 else ()
