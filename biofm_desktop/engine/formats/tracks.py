"""Features gathered by their reference sequence, as the readers of GFF3, BED and VCF need it."""

from collections.abc import Iterator, Mapping

from biofm_desktop.engine.samples import Feature, Problem, TrackSample

from .entry import Entry, shown
from .left_out import LeftOut, quoted

_LONGEST = 10**11  # letters; no genome is longer


def position(word: str) -> int | None:
    """Return a place on a sequence; None where it is no whole number from 0 that can be one."""
    return int(word) if word.isdecimal() and word.isascii() and len(word) < 13 and int(word) < _LONGEST else None


class Tracks:
    """Tracks in the making: one a reference, in the order in which they come up."""

    def __init__(self, entry: Entry, lengths: Mapping[str, int]) -> None:
        self._entry, self._lengths = entry, lengths
        self._features: dict[str, list[Feature]] = {}
        self._cells: dict[str, list[Mapping[str, str]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, reference: str, number: int, feature: Feature, cells: Mapping[str, str], left_out: LeftOut) -> None:
        """Take a feature; a place beyond the reference's stated length is told and kept."""
        length = self._lengths.get(reference)
        if length is not None and feature.end > length:
            doubt = f"it ends beyond its reference (contig) {quoted(reference)} of {length:,} letters"
            left_out.doubt(f"line {number}", doubt)
        self._features.setdefault(reference, []).append(feature)
        self._cells.setdefault(reference, []).append(cells)
        self._count += 1

    def samples(self, problems: list[Problem]) -> Iterator[TrackSample]:
        """Give the tracks; a file of none is told."""
        if not self._features:
            problems.append(Problem(self._entry.name, "it holds no record (no line with a feature)"))
        for reference, features in self._features.items():
            yield TrackSample(
                key=shown(reference),
                reference=reference,
                source=self._entry.source,
                features=tuple(features),
                cells=tuple(self._cells[reference]),
                length=self._lengths.get(reference),
            )
