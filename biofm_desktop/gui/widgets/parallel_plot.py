"""Parallel coordinates: an axis for each option that was searched, a line for each trial."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from biofm_desktop.gui.theme import Colours, theme_bus, theme_colours

from .named import named, plain_tip

_TOP, _BOTTOM, _SIDE = 30, 24, 66
#: A line is under the pointer where it passes this near to it (px).
_NEAR = 7.0
_MOST_LABELS = 9


@dataclass(frozen=True)
class Axis:
    """One axis: from ``low`` to ``high`` (evenly in the logarithm: ``log``), or one place for each of ``choices``."""

    title: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    choices: tuple[Any, ...] = ()

    def place(self, value: Any) -> float | None:
        """Return where a value lies, from 0 (below) to 1; None where it lies nowhere on the axis."""
        if self.choices:
            places = [n for n, choice in enumerate(self.choices) if choice == value or str(choice) == str(value)]
            return None if not places else places[0] / (len(self.choices) - 1) if len(self.choices) > 1 else 0.5
        if not isinstance(value, int | float) or not math.isfinite(value) or (self.log and value <= 0):
            return None
        if self.high <= self.low:
            return 0.5
        low, high, at = map(math.log, (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def labels(self) -> list[tuple[float, str]]:
        """Return places with what is written there: every choice, or the ends and the middle."""
        if self.choices:
            step = -(-len(self.choices) // _MOST_LABELS)
            return [(self.place(choice) or 0.0, str(choice)) for choice in self.choices[::step]]
        middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        values = (self.low,) if self.high <= self.low else (self.low, middle, self.high)
        return [(self.place(value) or 0.0, f"{value:.3g}") for value in values]


@dataclass(frozen=True)
class Line:
    """One trial: its number, its values in the order of the axes (None: none), how good it is (0 to 1; None: it came to
    no figure), words for the pointer; ``broken`` off early, or the ``best``."""

    number: int
    values: tuple[Any, ...]
    share: float | None
    words: str
    broken: bool = False
    best: bool = False


@dataclass
class _Drawn:
    line: Line
    points: list[QPointF] = field(default_factory=list)


class ParallelPlot(QWidget):
    """Draws the lines of trials; the one under the pointer is told, a click (or the arrow keys) marks one."""

    marked_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "A line is one trial. Point at one for its values, click to mark it; the arrow keys mark the next"
        named(self, "search.plot", "Trials as parallel coordinates", tip)
        self.axes: tuple[Axis, ...] = ()
        self.lines: tuple[Line, ...] = ()
        self.marked = self.hovered = 0
        self._drawn: list[_Drawn] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(170)
        theme_bus().changed.connect(self._take_theme)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(560, 260)

    def show_lines(self, axes: Sequence[Axis], lines: Sequence[Line]) -> None:
        """Draw these trials over these axes."""
        self.axes, self.lines = tuple(axes), tuple(lines)
        numbers = {line.number for line in lines}
        self.marked = self.marked if self.marked in numbers else 0
        self.hovered = self.hovered if self.hovered in numbers else 0
        self._place()
        self.update()

    def mark(self, number: int) -> None:
        """Mark a trial (0: none)."""
        if number != self.marked and (not number or any(line.number == number for line in self.lines)):
            self.marked = number
            self.update()
            self.marked_changed.emit(number)

    def line_at(self, point: QPointF) -> int:
        """Return the number of the trial whose line passes there (0: none); those on top first."""
        near = [(_distance(point, each.points), -rank) for rank, each in enumerate(self._drawn)]
        best = min(near, default=(math.inf, 0))
        return self._drawn[-best[1]].line.number if best[0] <= _NEAR else 0

    def axis_x(self, place: int) -> float:
        """Return where an axis stands, in pixels from the left."""
        room = max(1.0, self.width() - 2 * _SIDE)
        return _SIDE + (room * place / (len(self.axes) - 1) if len(self.axes) > 1 else room / 2)

    def _place(self) -> None:
        """Find the points of all lines; the best is the last, so that it lies on top."""
        height = max(1.0, self.height() - _TOP - _BOTTOM)
        self._drawn = [_Drawn(line) for line in sorted(self.lines, key=lambda each: (each.best, each.share or -1.0))]
        for each in self._drawn:
            for place, (axis, value) in enumerate(zip(self.axes, each.line.values, strict=True)):
                at = None if value is None else axis.place(value)
                if at is not None:
                    each.points.append(QPointF(self.axis_x(place), _TOP + height * (1.0 - at)))

    def resizeEvent(self, event: QEvent) -> None:
        """Find the points anew."""
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the axes, the lines, and the marked and the pointed-at one above them."""
        painter, colours = QPainter(self), theme_colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for each in self._drawn:
            self._draw(painter, each, _pen(each.line, colours))
        for number, colour in ((self.marked, colours.accent), (self.hovered, colours.text)):
            for each in self._drawn:
                if number and each.line.number == number:
                    self._draw(painter, each, QPen(QColor(colour), 3.0))
        for place, axis in enumerate(self.axes):
            self._draw_axis(painter, self.axis_x(place), axis, colours)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        if not self.lines:
            painter.setPen(QColor(colours.faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Trials are drawn here as they end")

    def _draw(self, painter: QPainter, each: _Drawn, pen: QPen) -> None:
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(each.points))

    def _draw_axis(self, painter: QPainter, x: float, axis: Axis, colours: Colours) -> None:
        bottom = float(self.height() - _BOTTOM)
        painter.setPen(QPen(QColor(colours.faint), 1.2))
        painter.drawLine(QPointF(x, _TOP), QPointF(x, bottom))
        metrics, wide = QFontMetricsF(self.font()), min(160.0, self._gap() - 8)
        title = metrics.elidedText(axis.title, Qt.TextElideMode.ElideRight, wide)
        painter.setPen(QColor(colours.text))
        painter.drawText(QRectF(x - wide / 2, 4, wide, 20), Qt.AlignmentFlag.AlignCenter, title)
        for place, text in axis.labels():
            y = _TOP + (bottom - _TOP) * (1.0 - place)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(20.0, self._gap() - 16))
            box = QRectF(x + 5, y - 8, metrics.horizontalAdvance(shown) + 4, 16)
            ground = QColor(colours.background)
            ground.setAlpha(190)
            painter.fillRect(box, ground)
            painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)

    def _gap(self) -> float:
        return self.axis_x(1) - self.axis_x(0) if len(self.axes) > 1 else float(self.width())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the trial under the pointer."""
        self._hover(self.line_at(event.position()), event.globalPosition().toPoint())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Mark the trial under the pointer."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.mark(self.line_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Point at none."""
        self._hover(0, QPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Mark the next or the last trial by the arrow keys."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}.get(
            Qt.Key(event.key())
        )
        numbers = [line.number for line in self.lines]
        if step is None or not numbers:
            super().keyPressEvent(event)
            return
        place = numbers.index(self.marked) + step if self.marked else (0 if step > 0 else len(numbers) - 1)
        self.mark(numbers[max(0, min(len(numbers) - 1, place))])

    def _hover(self, number: int, where: QPoint) -> None:
        if number == self.hovered:
            return
        self.hovered = number
        words = next((line.words for line in self.lines if line.number == number), "")
        QToolTip.showText(where, plain_tip(words), self) if words else QToolTip.hideText()
        self.update()

    def _take_theme(self) -> None:
        self.update()


def _pen(line: Line, colours: Colours) -> QPen:
    """Return how a trial is drawn: the better, the nearer to the accent; those that came to nothing faintly."""
    if line.best:
        return QPen(QColor(colours.good), 3.0)
    colour = QColor(colours.faint)
    if line.share is not None:
        good, share = QColor(colours.accent), line.share
        pairs = ((colour.red(), good.red()), (colour.green(), good.green()), (colour.blue(), good.blue()))
        colour = QColor(*(round(a + (b - a) * share) for a, b in pairs))
        colour.setAlpha(90 + round(130 * share))
    else:
        colour.setAlpha(80)
    pen = QPen(colour, 1.4)
    if line.broken or line.share is None:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


def _distance(point: QPointF, points: Sequence[QPointF]) -> float:
    """Return how far a point is from a line of several parts."""
    return min((_from_part(point, a, b) for a, b in pairwise(points)), default=math.inf)


def _from_part(point: QPointF, a: QPointF, b: QPointF) -> float:
    dx, dy = b.x() - a.x(), b.y() - a.y()
    length = dx * dx + dy * dy
    along = 0.0 if not length else ((point.x() - a.x()) * dx + (point.y() - a.y()) * dy) / length
    along = min(1.0, max(0.0, along))
    return math.hypot(point.x() - a.x() - along * dx, point.y() - a.y() - along * dy)
