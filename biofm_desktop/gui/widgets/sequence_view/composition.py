"""How rich a stretch is in some letters (G and C), at once for any stretch of any length."""

import numpy as np
from numpy.typing import NDArray

_BIN = 16


class Composition:
    """Running counts of ``wanted`` letters among ``counted`` ones; the other letters (N, gaps) count for nothing."""

    def __init__(self, codes: NDArray[np.uint8], wanted: str, counted: str) -> None:
        self._codes = codes
        self._tables = tuple(_table(letters) for letters in (wanted, counted))
        self._running = tuple(_running(codes, table) for table in self._tables)

    def share(self, start: int, end: int) -> float:
        """Return the exact share of wanted letters from ``start`` to ``end``; NaN where none counts."""
        wanted, counted = (self._exact(which, end) - self._exact(which, start) for which in (0, 1))
        return wanted / counted if counted else float("nan")

    def shares(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share in each stretch, straight lines taken inside 16 letters; NaN where none counts."""
        wanted, counted = (self._smooth(which, ends) - self._smooth(which, starts) for which in (0, 1))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(counted > 0.5, wanted / counted, np.nan)

    def _exact(self, which: int, position: int) -> int:
        whole = position // _BIN
        rest = self._codes[whole * _BIN : position]
        return int(self._running[which][whole]) + int(np.count_nonzero(self._tables[which][rest]))

    def _smooth(self, which: int, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        running = self._running[which]
        bins = np.clip(positions, 0, len(self._codes)) / _BIN
        low = np.minimum(bins.astype(np.int64), len(running) - 2)
        return np.asarray(running[low] + (bins - low) * (running[low + 1] - running[low]), np.float64)


def _table(letters: str) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[np.frombuffer((letters + letters.lower()).encode("ascii"), np.uint8)] = True
    return table


def _running(codes: NDArray[np.uint8], table: NDArray[np.bool_]) -> NDArray[np.int64]:
    bins = -(-len(codes) // _BIN)
    marks = np.zeros(bins * _BIN, np.bool_)
    marks[: len(codes)] = table[codes]
    counts = marks.reshape(bins, _BIN).sum(axis=1, dtype=np.int64)
    running = np.zeros(max(2, bins + 1), np.int64)
    running[1 : bins + 1] = np.cumsum(counts)
    return running
