"""Features packed into rows in which none covers another."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.samples import Feature


@dataclass(frozen=True, eq=False)
class Lane:
    """One row: ``starts`` and ``ends`` ascend together; ``places`` are indices into the list of features,
    ``kinds`` into the list of kinds."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    places: NDArray[np.int64]
    kinds: NDArray[np.int64]

    def between(self, start: float, end: float) -> slice:
        """Return the slice of the row's features of which something lies between two positions."""
        first = int(np.searchsorted(self.ends, start, side="right"))
        return slice(first, max(first, int(np.searchsorted(self.starts, end, side="left"))))


class FeatureLanes:
    """All features in rows: each lies in the lowest row that is free at its start, long ones first."""

    def __init__(self, features: Sequence[Feature], length: int) -> None:
        self.features = tuple(features)
        starts = np.array([feature.start for feature in self.features], np.int64)
        ends = np.array([feature.end for feature in self.features], np.int64)
        # A feature may be empty or lie outside in a damaged file; it still gets a letter that can be seen.
        starts = np.clip(starts, 0, max(0, length - 1))
        ends = np.clip(ends, starts + 1, max(1, length))
        order = np.lexsort((-ends, starts))
        rows = _rows(starts[order], ends[order])
        by_row = np.argsort(rows, kind="stable")
        cuts = np.flatnonzero(np.diff(rows[by_row])) + 1
        members = np.split(order[by_row], cuts) if len(order) else []
        self.starts, self.ends = starts, ends
        numbers: dict[str, int] = {}
        kinds = np.array([numbers.setdefault(feature.kind, len(numbers)) for feature in self.features], np.int64)
        self.kinds = tuple(numbers)
        self.lanes = [Lane(starts[row], ends[row], row, kinds[row]) for row in members]

    def __len__(self) -> int:
        return len(self.lanes)

    def at(self, row: int, position: float, slack: float = 0.0) -> Feature | None:
        """Return the feature of a row at a position, or within ``slack`` letters of it."""
        if not 0 <= row < len(self.lanes):
            return None
        lane = self.lanes[row]
        near = lane.between(position - slack, position + slack)
        near = near if near.stop > near.start else lane.between(position, np.nextafter(position, np.inf))
        places = range(near.start, near.stop)
        if not places:
            return None
        best = min(places, key=lambda i: max(lane.starts[i] - position, position - lane.ends[i]))
        return self.features[int(lane.places[best])]


def _rows(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.zeros(len(starts), np.int64)
    taken: list[tuple[int, int]] = []
    free: list[int] = []
    count = 0
    for place, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        while taken and taken[0][0] <= start:
            heapq.heappush(free, heapq.heappop(taken)[1])
        if free:
            row = heapq.heappop(free)
        else:
            row, count = count, count + 1
        rows[place] = row
        heapq.heappush(taken, (end, row))
    return rows
