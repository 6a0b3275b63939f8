"""A small timeline: which part of a network learns in which epochs."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from biofm_desktop.gui.theme import theme_bus, theme_colours

_ROW, _NAMES, _FOOT, _MOST_ROWS = 14, 96, 16, 14


class OpeningTimeline(QWidget):
    """Draws a bar for each stage, from the epoch in which it opens to the last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, int]] = []
        self._epochs = 1
        theme_bus().changed.connect(self.update)

    def show_stages(self, stages: Sequence[str], opens: Mapping[str, int], epochs: int) -> None:
        """Show when stages open; ``opens`` gives 1 or nothing for those that learn from the start, 0 for never."""
        self._rows = [(name, opens.get(name, 1)) for name in stages]
        self._epochs = max(epochs, *(epoch + 1 for _, epoch in self._rows), 2)
        self.setAccessibleDescription(
            "; ".join(f"{name} {f'from epoch {epoch}' if epoch else 'never'}" for name, epoch in self._rows)
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, min(len(self._rows), _MOST_ROWS) * _ROW + _FOOT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme_colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.85))
        painter.setFont(font)
        rows = self._rows[-_MOST_ROWS:]  # those nearest to the head
        wide = self.width() - _NAMES - 8
        for place, (name, epoch) in enumerate(rows):
            top = place * _ROW
            painter.setPen(QColor(colours.text))
            words = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _NAMES - 6)
            painter.drawText(QRectF(0, top, _NAMES - 6, _ROW), words)
            if epoch:
                start = _NAMES + wide * (epoch - 1) / self._epochs
                bar = QRectF(start, top + 3, self.width() - 8 - start, _ROW - 6)
                painter.fillRect(bar, QColor(colours.curves[0]))
        painter.setPen(QColor(colours.faint))
        for epoch in (1, self._epochs):
            at = _NAMES + wide * (epoch - 1) / self._epochs
            painter.drawText(QRectF(at, len(rows) * _ROW, 70, _FOOT), f"epoch {epoch}" if epoch == 1 else str(epoch))
