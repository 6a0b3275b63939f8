"""The ruler: 1-based positions over the letters."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from .colours import Colours
from .scale import Scale


def draw_ruler(painter: QPainter, rect: QRectF, scale: Scale, colours: Colours) -> None:
    """Draw ticks and numbers; a tick stands over the middle of its letter."""
    step = scale.tick_step()
    small = max(1, step // 5 if step % 5 == 0 else step // 2)
    left, right = max(rect.left(), scale.x(0)), min(rect.right(), scale.x(scale.length))
    painter.setPen(QPen(colours.faint, 1))
    floor = rect.bottom() - 0.5
    painter.drawLine(QPointF(left, floor), QPointF(right, floor))
    painter.drawLines([_tick(scale, place, floor, 3) for place in scale.ticks(small)])
    painter.drawLines([_tick(scale, place, floor, 7) for place in scale.ticks(step)])
    painter.setPen(colours.text)
    metrics = QFontMetricsF(painter.font())
    taken = -1.0
    start, _ = scale.visible()
    for place in ([1] if start == 0 and scale.length else []) + list(scale.ticks(step)):
        text = f"{place:,}"
        width = metrics.horizontalAdvance(text) + 4
        middle = min(max(scale.x(place - 0.5), rect.left() + width / 2), rect.right() - width / 2)
        if middle - width / 2 <= taken:
            continue
        box = QRectF(middle - width / 2, rect.top(), width, rect.height() - 8)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        taken = box.right() + 6


def _tick(scale: Scale, place: int, floor: float, height: float) -> QLineF:
    x = scale.x(place - 0.5)
    return QLineF(x, floor - height, x, floor)
