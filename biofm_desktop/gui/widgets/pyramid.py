"""A growing curve that can be drawn fast at any zoom: a pyramid of lowest and highest values."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Each level holds one bucket for so many of the level below.
FACTOR = 8


class _Grown:
    """An array that grows at its end; ``values`` is the part in use."""

    def __init__(self) -> None:
        self._room: Floats = np.empty(1024)
        self._size = 0

    @property
    def values(self) -> Floats:
        return self._room[: self._size]

    def replace_from(self, start: int, values: Floats) -> None:
        """Put the values in place of all from ``start`` on."""
        end = start + len(values)
        if end > len(self._room):
            grown = np.empty(max(end, 2 * len(self._room)))
            grown[: self._size] = self.values
            self._room = grown
        self._room[start:end] = values
        self._size = end


class _Level:
    """Buckets of the level below: where each starts, its lowest and its highest value."""

    def __init__(self) -> None:
        self.x, self.low, self.high = _Grown(), _Grown(), _Grown()


class Pyramid:
    """Points of a curve with x rising. Appending n points costs O(n); drawing costs by pixels, not by points."""

    def __init__(self) -> None:
        self._x, self._y = _Grown(), _Grown()
        self._levels: list[_Level] = []

    def __len__(self) -> int:
        return len(self._x.values)

    @property
    def x(self) -> Floats:
        """Return all x."""
        return self._x.values

    @property
    def y(self) -> Floats:
        """Return all y."""
        return self._y.values

    def append(self, x: Floats, y: Floats) -> None:
        """Add points; x goes on rising."""
        start = len(self)
        self._x.replace_from(start, x)
        self._y.replace_from(start, y)
        below, low, high = self._x.values, self._y.values, self._y.values
        for level in [*self._levels, *([_Level()] if self._wants_level() else [])]:
            if level not in self._levels:
                self._levels.append(level)
                start = 0
            start = start // FACTOR
            edges = np.arange(start * FACTOR, len(below), FACTOR)
            level.x.replace_from(start, below[edges])
            level.low.replace_from(start, _reduced(np.minimum, low, edges))
            level.high.replace_from(start, _reduced(np.maximum, high, edges))
            below, low, high = level.x.values, level.low.values, level.high.values

    def _wants_level(self) -> bool:
        top = self._levels[-1].x.values if self._levels else self._x.values
        return len(top) > 64 * FACTOR

    def window(self, first: float, last: float, buckets: int) -> tuple[Floats, Floats]:
        """Return what to draw of x from ``first`` to ``last``: all points, or lowest and highest of few buckets.

        Never more than about two points a bucket come; the points next to the window come along.
        """
        i, j = _around(self._x.values, first, last)
        if j - i <= 2 * buckets or not self._levels:
            return self._x.values[i:j], self._y.values[i:j]
        for level in self._levels:
            i, j = _around(level.x.values, first, last)
            if j - i <= FACTOR * buckets:
                break
        each = -(-(j - i) // buckets)
        i -= i % each  # buckets keep their borders while the curve grows, or it would flicker
        edges = np.arange(0, j - i, each)
        low, high = level.low.values[i:j], level.high.values[i:j]
        reduced = np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
        return _zigzag(level.x.values[i:j][edges], *reduced, self._x.values[-1])


def _reduced(lowest_or_highest: np.ufunc, values: Floats, edges: NDArray[np.intp]) -> Floats:
    start = int(edges[0]) if len(edges) else 0
    reduced: Floats = lowest_or_highest.reduceat(values[start:], edges - start) if len(edges) else np.empty(0)
    return reduced


def _around(x: Floats, first: float, last: float) -> tuple[int, int]:
    i, j = np.searchsorted(x, (first, last), side="left")
    return max(0, int(i) - 1), min(len(x), int(j) + 1)


def _zigzag(x: Floats, low: Floats, high: Floats, end: float) -> tuple[Floats, Floats]:
    """Return each bucket as a stroke from its lowest to its highest value, a third and two thirds along."""
    width = np.diff(x, append=min(end, x[-1] + (x[-1] - x[-2])) if len(x) > 1 else end)
    xs, ys = np.empty(2 * len(x)), np.empty(2 * len(x))
    xs[0::2], xs[1::2] = x + width / 3, x + 2 * width / 3
    ys[0::2], ys[1::2] = low, high
    return xs, ys
