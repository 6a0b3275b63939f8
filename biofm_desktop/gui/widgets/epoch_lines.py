"""Figures of a sample over the epochs: a few lines, with a mark at the epoch that is looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from biofm_desktop.gui.theme import theme_bus, theme_colours

_LEFT, _RIGHT, _TOP, _FOOT = 46.0, 92.0, 8.0, 18.0
_ROW = 13.0


@dataclass(frozen=True)
class Line:
    """A figure by epoch, with its name and colour."""

    name: str
    colour: str
    points: Mapping[int, float]


class EpochLines(QWidget):
    """Draws lines over epochs; ``truth`` is what the data says, a dashed line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[Line] = []
        self._epoch, self._form = 0, ".3g"
        self._truth: float | None = None
        self._span: tuple[float, float] | None = None
        self.setMinimumSize(160, 70)
        theme_bus().changed.connect(self.update)

    def show_lines(
        self,
        lines: Sequence[Line],
        epoch: int,
        span: tuple[float, float] | None = None,
        truth: float | None = None,
        *,
        shares: bool = False,
    ) -> None:
        """Show these, from ``span`` low to high (None: as the values are); ``shares`` are read as per cent."""
        self._form = ".1%" if shares else ".3g"
        self._lines, self._epoch, self._span = [line for line in lines if line.points], epoch, span
        self._truth = truth
        self.setVisible(bool(self._lines))
        at = [f"{line.name} {line.points[epoch]:{self._form}}" for line in self._lines if epoch in line.points]
        self.setAccessibleDescription(f"Epoch {epoch}: {', '.join(at)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._lines:
            return
        painter, colours = QPainter(self), theme_colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.85))
        painter.setFont(font)
        box = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _FOOT)
        epochs = sorted({epoch for line in self._lines for epoch in line.points})
        low, high = self._limits()

        def place(epoch: int, value: float) -> QPointF:
            across = (epoch - epochs[0]) / max(1, epochs[-1] - epochs[0])
            return QPointF(
                box.left() + across * box.width(), box.bottom() - (value - low) / (high - low) * box.height()
            )

        painter.setPen(QColor(colours.line))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.drawLine(box.bottomLeft(), box.topLeft())
        painter.drawLine(place(self._epoch, low), place(self._epoch, high))
        painter.setPen(QColor(colours.faint))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in (low, high):
            at = place(epochs[0], value).y()
            painter.drawText(QRectF(0, at - 8, _LEFT - 5, 16), right, f"{value:{self._form}}")
        for epoch in dict.fromkeys((epochs[0], epochs[-1])):
            at = place(epoch, low).x()
            middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            painter.drawText(QRectF(at - 40, box.bottom() + 2, 80, _FOOT), middle, f"epoch {epoch}")
        if self._truth is not None:
            painter.setPen(QPen(QColor(colours.faint), 1, Qt.PenStyle.DashLine))
            painter.drawLine(place(epochs[0], self._truth), place(epochs[-1], self._truth))
            painter.setPen(QColor(colours.faint))
            at = place(epochs[-1], self._truth).y()
            painter.drawText(QRectF(box.right() + 8, at - 8, _RIGHT - 8, 16), Qt.AlignmentFlag.AlignVCenter, "label")
        self._draw_lines(painter, place, box)

    def _draw_lines(self, painter: QPainter, place: Callable[[int, float], QPointF], box: QRectF) -> None:
        taken: list[float] = [] if self._truth is None else [place(0, self._truth).y()]
        for line in self._lines:
            points = [place(epoch, value) for epoch, value in sorted(line.points.items())]
            painter.setPen(QPen(QColor(line.colour), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(points))
            painter.setBrush(QColor(line.colour))
            if self._epoch in line.points:
                painter.drawEllipse(place(self._epoch, line.points[self._epoch]), 3.5, 3.5)
            at = _free(points[-1].y(), taken)
            if at is not None and box.top() - _ROW < at < box.bottom() + 5:
                taken.append(at)
                room = QRectF(box.right() + 8, at - 8, _RIGHT - 10, 16)
                name = painter.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideRight, int(room.width()))
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)

    def _limits(self) -> tuple[float, float]:
        if self._span is not None:
            return self._span
        values = [value for line in self._lines for value in line.points.values()]
        values += [] if self._truth is None else [self._truth]
        low, high = min(values), max(values)
        room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        return low - room if low < 0 else max(0.0, low - room), high + room


def _free(wish: float, taken: Sequence[float]) -> float | None:
    """Return a height near the wished one at which no other name stands."""
    for shift in (0, 1, -1, 2, -2, 3, -3):
        at = wish + shift * _ROW
        if all(abs(at - other) >= _ROW for other in taken):
            return at
    return None
