"""What a model said of one sample after one epoch: a picture, bars of probabilities, scores, or a number."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from biofm_desktop.engine.previews import Look
from biofm_desktop.gui.theme import theme_bus, theme_colours

_ROW, _MOST_BARS = 20, 12


class PreviewView(QWidget):
    """Draws a `Look`; the colours of shares are those of the lines beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._picture = QImage()
        self._colours: Mapping[str, str] = {}
        self._label = ""
        self.setMinimumSize(140, 70)
        theme_bus().changed.connect(self.update)

    def show_look(
        self, look: Look | None, colours: Mapping[str, str], label: str = "", picture: NDArray[np.uint8] | None = None
    ) -> None:
        """Show what was said; ``label`` is what the data says, ``picture`` (Y, X, 3) is shown in place of all else."""
        self._look, self._colours, self._label = look, colours, label
        self._picture = _image(picture) if picture is not None else QImage()
        self.setAccessibleDescription(look.text if look else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 150)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._look is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._picture.isNull():
            self._draw_picture(painter)
        elif self._look.curve:
            self._draw_scores(painter, self._look.curve)
        elif self._look.value is None and self._look.shares:
            self._draw_bars(painter, self._look.shares)
        else:
            self._draw_words(painter, self._look.text)

    def _draw_picture(self, painter: QPainter) -> None:
        room = QRectF(self.rect())
        size = self._picture.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2, *size.toTuple())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, size.width() < self._picture.width())
        painter.drawImage(place, self._picture)

    def _draw_bars(self, painter: QPainter, shares: Mapping[str, float]) -> None:
        """The most probable first; where the classes are more than fit, the rest is left out."""
        colours = theme_colours()
        rows = max(1, min(_MOST_BARS, self.height() // _ROW))
        ranked = sorted(shares.items(), key=lambda pair: -pair[1])[:rows]
        top = (self.height() - _ROW * len(ranked)) / 2
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, (name, share) in enumerate(ranked):
            box = QRectF(4, top + place * _ROW + 2, self.width() - 8, _ROW - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(box, 3, 3)
            fill = QColor(self._colours.get(name, colours.accent))
            fill.setAlpha(130)
            painter.setBrush(fill)
            painter.drawRoundedRect(
                QRectF(box.x(), box.y(), box.width() * min(1.0, max(0.0, share)), box.height()), 3, 3
            )
            painter.setPen(QColor(colours.text))
            words = f"{name}  (label)" if name == self._label else name
            words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()) - 56)
            painter.drawText(box.adjusted(6, 0, -50, 0), Qt.AlignmentFlag.AlignVCenter, words)
            painter.drawText(box.adjusted(0, 0, -6, 0), right, f"{share:.1%}")

    def _draw_scores(self, painter: QPainter, scores: Sequence[float | None]) -> None:
        colours, known = theme_colours(), [score for score in scores if score is not None]
        low, high = min([0.0, *known]), max([1.0, *known])
        box = QRectF(self.rect()).adjusted(4, 6, -4, -6)
        across = box.width() / max(1, len(scores) - 1)
        points = [
            QPointF(box.left() + n * across, box.bottom() - (score - low) / (high - low) * box.height())
            for n, score in enumerate(scores)
            if score is not None
        ]
        painter.setPen(QColor(colours.line))
        painter.drawRect(box)
        painter.setPen(QPen(QColor(colours.curves[0]), 1.4))
        painter.drawPolyline(QPolygonF(points))

    def _draw_words(self, painter: QPainter, text: str) -> None:
        colours, room = theme_colours(), QRectF(self.rect())
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * (1.9 if len(text) < 16 else 1.1))
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room.adjusted(0, 0, 0, -20 if self._label else 0), middle, text)
        if self._label:
            font.setPointSizeF(self.font().pointSizeF())
            painter.setFont(font)
            painter.setPen(QColor(colours.faint))
            painter.drawText(room.adjusted(0, room.height() / 2 + 14, 0, 0), middle, f"label {self._label}")


def _image(colours: NDArray[np.uint8]) -> QImage:
    colours = np.ascontiguousarray(colours)
    height, width, _ = colours.shape
    return QImage(colours.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
