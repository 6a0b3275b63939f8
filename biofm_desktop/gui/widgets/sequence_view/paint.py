"""The whole picture of the view, painted from values alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from .colours import Colours
from .content import Content
from .features import ROW, draw_features
from .hits import Hits, draw_hits
from .letters import draw_letters
from .overview import draw_overview
from .page import Page, draw_page
from .places import Places
from .pyramid import MinMaxPyramid
from .raster import tinted
from .ruler import draw_ruler
from .scale import Scale
from .scores import draw_scores


@dataclass(frozen=True, eq=False)
class Picture:
    """What is to be painted.

    ``ratio`` device pixels are one pixel; ``scroll`` pixels of feature rows are hidden above.
    """

    content: Content
    scale: Scale
    places: Places
    colours: Colours
    letter_font: QFont
    selection: tuple[int, int]
    caret: bool
    hits: Hits
    current_hit: int
    scores: MinMaxPyramid | None
    scores_name: str
    cover: NDArray[np.float32]
    scroll: float
    page: Page
    ratio: float

    def paint(self, painter: QPainter) -> None:
        """Paint all tracks; the painter's font is the font of all words."""
        words = painter.font()
        content, scale, places, colours = self.content, self.scale, self.places, self.colours
        self._paint_title(painter)
        draw_overview(painter, places.overview, scale, self.cover, self.hits.starts, self.selection, colours)
        draw_ruler(painter, places.ruler, scale, colours)
        draw_letters(painter, places.letters, scale, content, colours, self.letter_font, self.ratio)
        painter.setFont(words)
        if len(self.hits):
            draw_hits(painter, places.letters, scale, self.hits, self.current_hit, colours, self.ratio)
        if self.scores is not None:
            draw_scores(painter, places.scores, scale, self.scores, self.scores_name, colours, self.ratio)
        draw_features(painter, places.features, self.scroll, scale, content.lanes, colours, self.ratio)
        self._paint_selection(painter)
        if self.page.lines:
            draw_page(painter, self.page, content, colours, self.letter_font, self.selection, self.hits)
        self._paint_hidden_rows(painter)

    def _paint_title(self, painter: QPainter) -> None:
        rect = self.places.title.adjusted(14, 0, -14, 0)
        words = painter.font()
        bold = QFont(words)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(self.colours.text)
        elide = Qt.TextElideMode.ElideRight
        metrics = QFontMetricsF(bold)
        name = metrics.elidedText(" ".join(self.content.sample.key.split()), elide, rect.width() * 0.5)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(words)
        painter.setPen(self.colours.faint)
        rest = rect.adjusted(metrics.horizontalAdvance(name) + 14, 0, 0, 0)
        more = QFontMetricsF(words).elidedText(self.content.title()[:1000], elide, rest.width())
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, more)

    def _paint_selection(self, painter: QPainter) -> None:
        start, end = self.selection
        places, scale = self.places, self.scale
        left, right = max(-20.0, scale.x(start)), min(scale.width + 20.0, scale.x(end))
        if right < 0 or left > scale.width:
            return
        top, bottom = places.ruler.bottom() - 9, places.features.bottom()
        if end > start:
            width = max(1.0, right - left)
            strong = tinted(self.colours.accent, 48 if scale.written else 70)
            painter.fillRect(QRectF(left, top, width, places.letters.bottom() - top), strong)
            painter.fillRect(
                QRectF(left, places.letters.bottom(), width, bottom - places.letters.bottom()),
                tinted(self.colours.accent, 26),
            )
            painter.setPen(QPen(self.colours.accent, 1))
            painter.drawLines([QLineF(x, top, x, bottom) for x in (left, left + width)])
        elif self.caret:
            painter.setPen(QPen(self.colours.accent, 2))
            painter.drawLine(QPointF(left, top), QPointF(left, places.letters.bottom()))

    def _paint_hidden_rows(self, painter: QPainter) -> None:
        rect = self.places.features
        hidden = len(self.content.lanes) - int((self.scroll + rect.height() + 2) // ROW)
        if hidden <= 0:
            return
        text = f"+{hidden:,} more row{'s' if hidden > 1 else ''}"
        width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 18
        pill = QRectF(rect.right() - width - 12, rect.bottom() - 24, width, 20)
        painter.setPen(QPen(self.colours.line, 1))
        painter.setBrush(tinted(self.colours.ground, 235))
        painter.drawRoundedRect(pill, 10, 10)
        painter.setPen(self.colours.text)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
