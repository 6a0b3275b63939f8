"""A page of letters in lines below the tracks, for reading and selecting like text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from .colours import Colours
from .content import Content
from .hits import Hits
from .raster import draw_pixels, tinted
from .scale import MARGIN

LINE = 25.0
_CELL, _TALL, _GAP, _GROUP = 11, 19.0, 9, 10
_MOST_HITS = 400


@dataclass(frozen=True)
class Page:
    """Where the letters of a page lie: lines of groups of ten from ``first`` on, as many as fit into ``rect``."""

    rect: QRectF
    first: int
    length: int

    @property
    def gutter(self) -> float:
        """Return the pixels of the position's number."""
        return 24.0 + 8.0 * len(f"{self.length:,}")

    @property
    def columns(self) -> int:
        """Return the letters of a line: a multiple of ten."""
        room = self.rect.width() - self.gutter - MARGIN + _GAP
        return max(1, int(room // (_GROUP * _CELL + _GAP))) * _GROUP

    @property
    def lines(self) -> int:
        """Return how many lines fit."""
        return max(0, int(self.rect.height() // LINE))

    @property
    def start(self) -> int:
        """Return the first letter of the page: at the start of a line, the last lines fill the page."""
        total = -(-self.length // self.columns)
        return max(0, min(self.first // self.columns, total - self.lines)) * self.columns

    @property
    def end(self) -> int:
        """Return the end of the page's letters."""
        return min(self.length, self.start + self.lines * self.columns)

    def offset(self, column: int) -> int:
        """Return the pixels from the line's left end to a column."""
        return column * _CELL + column // _GROUP * _GAP

    def boundary(self, point: QPointF) -> int:
        """Return the boundary between letters nearest to a point."""
        line = max(0, min(self.lines - 1, int((point.y() - self.rect.top()) // LINE)))
        along = point.x() - self.rect.left() - self.gutter
        group, rest = divmod(max(0.0, along), _GROUP * _CELL + _GAP)
        column = int(group) * _GROUP + min(_GROUP, round(rest / _CELL))
        return max(0, min(self.end, self.start + line * self.columns + min(self.columns, column)))

    def letter_at(self, point: QPointF) -> int | None:
        """Return the letter under a point."""
        place = self.boundary(point - QPointF(_CELL / 2, 0))
        return place if self.rect.contains(point) and self.start <= place < self.end else None

    def boxes(self, start: int, end: int) -> list[QRectF]:
        """Return the boxes, one a line, that cover the seen part of a range."""
        boxes = []
        low, high = max(start, self.start), min(end, self.end)
        while low < high:
            line, column = divmod(low - self.start, self.columns)
            stop = min(high, low - column + self.columns)
            left = self.rect.left() + self.gutter + self.offset(column)
            last = column + stop - low - 1
            top = self.rect.top() + line * LINE
            boxes.append(QRectF(left, top, self.offset(last) + _CELL - self.offset(column), _TALL))
            low = stop
        return boxes


def draw_page(
    painter: QPainter,
    page: Page,
    content: Content,
    colours: Colours,
    font: QFont,
    selection: tuple[int, int],
    hits: Hits,
) -> None:
    """Draw letters on their colours, hits and the selection."""
    painter.setPen(QPen(colours.line, 1))
    painter.drawLine(QPointF(MARGIN, page.rect.top() - 8), QPointF(page.rect.right() - MARGIN, page.rect.top() - 8))
    letters = content.sample.letters
    table = colours.cells(content.sample.alphabet)
    words, written = painter.font(), _written(font)
    rise = (QFontMetricsF(written).ascent() - QFontMetricsF(written).descent() + _TALL) / 2
    for start in range(page.start, page.end, page.columns):
        end = min(page.end, start + page.columns)
        top = page.rect.top() + (start - page.start) / page.columns * LINE
        left = page.rect.left() + page.gutter
        painter.setFont(words)
        painter.setPen(colours.faint)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, top, page.gutter - 10, _TALL), right, f"{start + 1:,}")
        pixels = _line_pixels(table[content.codes[start:end]])
        draw_pixels(painter, QRectF(left, top, len(pixels), _TALL), pixels)
        painter.setFont(written)
        painter.setPen(colours.text)
        for column in range(0, end - start, _GROUP):
            group = letters[start + column : min(end, start + column + _GROUP)]
            painter.drawText(QPointF(left + page.offset(column), top + rise), group)
    painter.setFont(words)
    _draw_marks(painter, page, colours, selection, hits)


def _draw_marks(painter: QPainter, page: Page, colours: Colours, selection: tuple[int, int], hits: Hits) -> None:
    low, high = np.searchsorted(hits.starts, [page.start - hits.size + 1, page.end]).tolist()
    painter.setPen(QPen(colours.hit, 1.5))
    painter.setBrush(tinted(colours.hit, 44))
    for place in range(low, min(high, low + _MOST_HITS)):
        # Two tints would hide the letters.
        if hits.range(place) == selection:
            continue
        painter.drawRects([box.adjusted(0, 0, 0, 1) for box in page.boxes(*hits.range(place))])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tinted(colours.accent, 90))
    painter.drawRects([box.adjusted(0, -2, 0, 2) for box in page.boxes(*selection)])


def _written(font: QFont) -> QFont:
    sized = QFont(font)
    sized.setPixelSize(14)
    sized.setWeight(QFont.Weight.Medium)
    # The font's own steps are whole pixels or not, by platform; the cells' are fixed.
    sized.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, _CELL - QFontMetricsF(sized).horizontalAdvance("M"))
    return sized


def _line_pixels(cells: NDArray[np.uint32]) -> NDArray[np.uint32]:
    columns = np.arange(len(cells))
    starts = columns * _CELL + columns // _GROUP * _GAP
    pixels = np.zeros(int(starts[-1]) + _CELL, np.uint32)
    pixels[starts[:, None] + np.arange(_CELL)] = cells[:, None]
    return pixels
