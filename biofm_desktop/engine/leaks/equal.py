"""Samples whose content is equal, by a key each."""

import hashlib
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.events import Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats.groups import GROUP
from biofm_desktop.engine.formats.sequence_table import IDENTITY, SPLIT, TARGET
from biofm_desktop.engine.samples import (
    MoleculeSample,
    Sample,
    SequenceSample,
    StructureSample,
    TableSample,
    TextSample,
)

from .leak import SPLITS, Clock, Compared, Kind, Leak

_NO_CONTENT = {*GROUP, *IDENTITY, *SPLIT, *TARGET}
_FEWEST_CELLS = 3  # rows of fewer are equal by chance
_ROWS = 512


def equal_leaks(
    samples: Sequence[Sample], keys: Sequence[Hashable], kind: Kind, *, once: bool = False
) -> Iterator[Leak]:
    """Give a leak for each sample that has its key in an earlier split (``once``: one for each key and split).

    A key that is None or empty is equal to no other.
    """
    first: dict[Hashable, Sample] = {}
    told: set[tuple[Hashable, str]] = set()
    for split in SPLITS:
        here = [(sample, key) for sample, key in zip(samples, keys) if sample.split == split and key]
        for sample, key in here:
            if key in first and not (once and (key, split) in told):
                told.add((key, split))
                yield Leak(kind, first[key].key, first[key].split, sample.key, split)
        for sample, key in here:
            first.setdefault(key, sample)


def content_of(sample: Sample) -> Hashable:
    """Return what is equal for samples of equal content, as far as it lies in memory; None where it does not."""
    match sample:
        case SequenceSample(letters=letters):
            return letters
        case TextSample(text=text):
            return " ".join(text.split()).casefold()
        case MoleculeSample(canonical=canonical):
            return canonical
        case StructureSample(chains=chains):
            return "/".join(sorted(chain.letters for chain in chains if chain.letters))
    return None


def table_leaks(samples: Sequence[TableSample], clock: Clock) -> Iterator[Leak | Progress | Compared]:
    """Give the rows whose cells are equal, but for their names, groups, splits and targets."""
    keys: dict[int, str] = {}
    done = 0
    for start in range(0, len(samples), _ROWS):
        if clock.over():
            break
        for place, digest in enumerate(_digests(samples[start : start + _ROWS]), start):
            keys[place] = digest
        done = min(start + _ROWS, len(samples))
        yield Progress(done, len(samples), "Looking for leaks")
    yield from equal_leaks(samples, [keys.get(place, "") for place in range(len(samples))], Kind.CONTENT)
    yield Compared(done)


def _digests(samples: Sequence[TableSample]) -> list[str]:
    """Return the digest of each row; rows that follow one another are read at once."""
    table, low, high = samples[0].table, samples[0].row, samples[-1].row
    measured: NDArray[np.generic] | None = None
    if table.measured and all(s.table is table and low <= s.row <= high for s in samples):
        try:
            measured = table.measurements(low, high + 1)
        except Fault:
            return [""] * len(samples)
    return [_digest(sample, measured[sample.row - low] if measured is not None else None) for sample in samples]


def _digest(sample: TableSample, measured: NDArray[np.generic] | None) -> str:
    cells = [cell for name, cell in sample.cells.items() if name.lower() not in _NO_CONTENT]
    if sample.table.measured and measured is None:
        return ""
    if len(cells) + (0 if measured is None else len(measured)) < _FEWEST_CELLS or not any(
        cell is not None for cell in cells
    ):
        return "" if measured is None else hashlib.blake2b(measured.tobytes()).hexdigest()
    digest = hashlib.blake2b(repr(cells).encode())
    digest.update(b"" if measured is None else measured.tobytes())
    return digest.hexdigest()
