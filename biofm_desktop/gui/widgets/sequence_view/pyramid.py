"""The least and the greatest value under each pixel, without reading every value."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FACTOR = 8


class MinMaxPyramid:
    """Ever coarser levels of the least and greatest values, each 8 times smaller; NaN means no value."""

    def __init__(self, values: ArrayLike) -> None:
        finest: NDArray[np.float32] = np.asarray(values, np.float32).ravel()
        self.length = len(finest)
        self._levels = [(finest, finest)]
        while len(self._levels[-1][0]) > _FACTOR:
            low, high = self._levels[-1]
            self._levels.append((_coarser(low, np.fmin), _coarser(high, np.fmax)))

    def range(self) -> tuple[float, float]:
        """Return the least and the greatest finite value; (0, 0) where there is none."""
        low, high = self._levels[-1]
        low, high = low[np.isfinite(low)], high[np.isfinite(high)]
        return (float(low.min()), float(high.max())) if len(low) and len(high) else (0.0, 0.0)

    def at(self, place: int) -> float:
        """Return the value of a letter; NaN where there is none."""
        return float(self._levels[0][0][place]) if place < self.length else float("nan")

    def columns(self, edges: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return least and greatest value from each edge (ascending positions) to the next; NaN where none lies."""
        lows = np.full(len(edges) - 1, np.nan, np.float32)
        highs = lows.copy()
        inside = np.flatnonzero((edges[1:] > 0) & (edges[:-1] < self.length))
        if not len(inside):
            return lows, highs
        step = float(edges[1] - edges[0])
        level = 0
        while level + 1 < len(self._levels) and _FACTOR ** (level + 1) <= step:
            level += 1
        low, high = self._levels[level]
        # The middle of a column decides below one letter a column, so that letters keep their edges.
        middles = edges[inside] if step > 1 else (edges[inside] + edges[inside + 1]) / 2
        starts = np.clip((middles / _FACTOR**level).astype(np.int64), 0, len(low) - 1)
        stop = min(len(low), max(starts[-1] + 1, int(np.ceil(edges[inside[-1] + 1] / _FACTOR**level))))
        places = starts - starts[0]
        lows[inside] = np.fmin.reduceat(low[starts[0] : stop], places)
        highs[inside] = np.fmax.reduceat(high[starts[0] : stop], places)
        return lows, highs


def _coarser(values: NDArray[np.float32], keep: Any) -> NDArray[np.float32]:
    rows = -(-len(values) // _FACTOR)
    padded = np.full(rows * _FACTOR, np.nan, np.float32)
    padded[: len(values)] = values
    return np.asarray(keep.reduce(padded.reshape(rows, _FACTOR), axis=1), np.float32)
