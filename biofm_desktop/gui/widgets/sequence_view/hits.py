"""Hits of a search, found a piece at a time while the window stays alive."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPen

from .colours import Colours
from .raster import densities, draw_pixels, tinted
from .scale import Scale
from .search import MOST_HITS, Pattern, hits

_MOST_BOXES = 300


@dataclass(frozen=True, eq=False)
class Hits:
    """Where a pattern lies: ``starts`` ascend, all hits are ``size`` letters long; ``complete``: nothing is missing."""

    starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    strands: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    size: int = 0
    complete: bool = True

    def __len__(self) -> int:
        return len(self.starts)

    def range(self, place: int) -> tuple[int, int]:
        """Return the half-open range of a hit."""
        start = int(self.starts[place])
        return start, start + self.size

    def from_position(self, position: float) -> int:
        """Return the place of the first hit that starts at a position or after it; round the end to the first."""
        place = int(np.searchsorted(self.starts, position))
        return place if place < len(self.starts) else 0


class HitFinder(QObject):
    """Searches a piece each time the event loop is idle, so that 10 million letters do not freeze the window."""

    found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._search_piece)
        self._pieces: Iterator[tuple[NDArray[np.int64], NDArray[np.int8]]] = iter(())
        self._starts: list[NDArray[np.int64]] = []
        self._strands: list[NDArray[np.int8]] = []
        self._size = self._count = 0

    @property
    def busy(self) -> bool:
        """Say whether a search is under way."""
        return self._timer.isActive()

    def start(self, codes: NDArray[np.uint8], pattern: Pattern) -> None:
        """Search anew; ``found(Hits)`` comes when all is searched or there are too many hits."""
        self._pieces, self._size, self._count = hits(codes, pattern), len(pattern.letters), 0
        self._starts, self._strands = [], []
        self._timer.start()

    def stop(self) -> None:
        """Drop the search that is under way."""
        self._timer.stop()

    def _search_piece(self) -> None:
        piece = next(self._pieces, None)
        if piece is not None:
            self._starts.append(piece[0])
            self._strands.append(piece[1])
            self._count += len(piece[0])
            if self._count < MOST_HITS:
                return
        self._timer.stop()
        none: tuple[NDArray[np.int64], NDArray[np.int8]] = (np.zeros(0, np.int64), np.zeros(0, np.int8))
        starts = np.concatenate([none[0], *self._starts])[:MOST_HITS]
        strands = np.concatenate([none[1], *self._strands])[:MOST_HITS]
        self.found.emit(Hits(starts, strands, self._size, complete=piece is None))


def draw_hits(
    painter: QPainter, rect: QRectF, scale: Scale, hits: Hits, current: int, colours: Colours, ratio: float = 1.0
) -> None:
    """Draw the hits that are seen over the letters, the current one stronger."""
    low = int(np.searchsorted(hits.starts, scale.position(0) - hits.size))
    high = int(np.searchsorted(hits.starts, scale.position(scale.width)))
    if high - low > _MOST_BOXES or scale.letter * hits.size < 2:
        width = round(scale.width * ratio)
        middles = (scale.x(0) + (hits.starts[low:high] + hits.size / 2) * scale.letter) * ratio
        columns = np.clip(middles.astype(np.int64), 0, width - 1)
        pixels = densities(columns, width, tinted(colours.hit, 210))
        # A single pixel is hard to see.
        pixels[1:] = np.where(pixels[1:] == 0, pixels[:-1], pixels[1:])
        draw_pixels(painter, QRectF(0, rect.top(), width / ratio, rect.height()), pixels)
    else:
        painter.setPen(QPen(colours.hit, 1.5))
        painter.setBrush(tinted(colours.hit, 44))
        for place in range(low, high):
            # The chosen one is selected too; two tints would hide its letters.
            if place == current:
                continue
            painter.drawRoundedRect(_box(rect, scale, hits, place), 2, 2)
    if low <= current < high:
        painter.setPen(QPen(colours.text, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(_box(rect, scale, hits, current), 2, 2)


def _box(rect: QRectF, scale: Scale, hits: Hits, place: int) -> QRectF:
    start, end = hits.range(place)
    left, right = max(-20.0, scale.x(start)), min(scale.width + 20.0, scale.x(end))
    return QRectF(left, rect.top() + 0.5, max(3.0, right - left - 1), rect.height() - 1)
