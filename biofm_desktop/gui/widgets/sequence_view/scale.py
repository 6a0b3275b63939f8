"""Where a letter lies on the screen, and which letter lies under a pixel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

#: Pixels of one letter at the closest zoom.
WIDEST = 26.0
#: Letters are written from this width on, and shown as coloured blocks below it.
READABLE = 8.0
#: Free pixels left and right of the sequence.
MARGIN = 14.0


@dataclass(frozen=True)
class Scale:
    """A window of ``width`` pixels on ``length`` letters of ``letter`` pixels each, whose left edge is ``first``.

    Positions are boundaries between letters: letter ``i`` lies from ``x(i)`` to ``x(i + 1)``. All changes give a new,
    settled scale: never zoomed out over the whole, never scrolled over an end.
    """

    length: int
    width: float
    letter: float = WIDEST
    first: float = 0.0

    @property
    def room(self) -> float:
        """Return the pixels that letters may take."""
        return max(1.0, self.width - 2 * MARGIN)

    @property
    def fit(self) -> float:
        """Return the pixels of a letter at which the whole sequence just fits."""
        return min(WIDEST, self.room / max(1, self.length))

    @property
    def span(self) -> float:
        """Return how many letters fit side by side."""
        return self.room / self.letter

    @property
    def written(self) -> bool:
        """Say whether letters are wide enough to be written."""
        return self.letter >= READABLE

    def settled(self) -> "Scale":
        """Return the nearest scale that shows as much sequence as it can."""
        letter = min(WIDEST, max(self.fit, self.letter))
        first = max(0.0, min(self.first, self.length - self.room / letter))
        return replace(self, letter=letter, first=first)

    def x(self, position: float) -> float:
        """Return the pixel of a boundary between letters."""
        return MARGIN + (position - self.first) * self.letter

    def position(self, x: float) -> float:
        """Return the (broken) position under a pixel, not clamped."""
        return self.first + (x - MARGIN) / self.letter

    def boundary(self, x: float) -> int:
        """Return the boundary between letters nearest to a pixel."""
        return max(0, min(self.length, round(self.position(x))))

    def letter_at(self, x: float) -> int | None:
        """Return the index of the letter under a pixel, None outside of the sequence."""
        position = int(np.floor(self.position(x)))
        return position if 0 <= position < self.length else None

    def visible(self) -> tuple[int, int]:
        """Return the half-open range of letters of which something is seen."""
        start = max(0, int(self.position(0.0)))
        end = min(self.length, int(np.ceil(self.position(self.width))))
        return start, max(start, end)

    def columns(self, ratio: float = 1.0) -> NDArray[np.float64]:
        """Return the position under the left edge of each device pixel (``ratio`` of them a pixel), and one more."""
        count = max(1, round(self.width * ratio))
        return self.first + (np.arange(count + 1) / ratio - MARGIN) / self.letter

    def sized(self, width: float) -> "Scale":
        """Return the scale of a window of another width; what was seen whole stays seen whole."""
        whole = self.letter <= self.fit * 1.0001
        wider = replace(self, width=width)
        return replace(wider, letter=wider.fit if whole else self.letter).settled()

    def moved(self, first: float) -> "Scale":
        """Return the scale scrolled so that ``first`` is the left edge."""
        return replace(self, first=first).settled()

    def zoomed(self, factor: float, x: float) -> "Scale":
        """Return the scale zoomed in ``factor`` times; the position under pixel ``x`` stays there."""
        letter = min(WIDEST, max(self.fit, self.letter * factor))
        return replace(self, letter=letter, first=self.position(x) - (x - MARGIN) / letter).settled()

    def whole(self) -> "Scale":
        """Return the scale that shows the whole sequence."""
        return replace(self, letter=self.fit, first=0.0).settled()

    def spanning(self, start: float, end: float) -> "Scale":
        """Return the scale that shows ``start`` to ``end`` as large as it can, in the middle."""
        letter = min(WIDEST, max(self.fit, self.room / max(1.0, end - start)))
        return replace(self, letter=letter, first=(start + end) / 2 - self.room / letter / 2).settled()

    def showing(self, start: int, end: int) -> "Scale":
        """Return the scale scrolled until ``start`` to ``end`` is seen; unmoved where it is seen already."""
        low, high = self.first, self.first + self.span
        if low <= start and end <= high:
            return self
        if end - start > self.span * 0.8 or end < low - self.span or start > high + self.span:
            return self.moved((start + min(end, start + self.span)) / 2 - self.span / 2)
        edge = min(self.span * 0.1, 20.0)
        return self.moved(start - edge if start < low else end + edge - self.span)

    def tick_step(self, pixels: float = 100.0) -> int:
        """Return 1, 2 or 5 times a power of ten letters, at least ``pixels`` wide."""
        least = pixels / self.letter
        power = 10 ** int(np.floor(np.log10(max(1.0, least))))
        return next(int(step * power) for step in (1, 2, 5, 10) if step * power >= least)

    def ticks(self, step: int) -> Iterator[int]:
        """Give the 1-based positions of the ruler's ticks that are seen."""
        start, end = self.visible()
        for place in range(start // step * step, end + 1, step):
            if start < place <= end:
                yield place
