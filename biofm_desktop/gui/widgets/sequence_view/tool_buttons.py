"""Small flat buttons with drawn signs that follow the theme."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QToolButton, QWidget

#: Each sign as strokes in a square of 16: a line is a list of points.
_SIGNS: dict[str, list[list[tuple[float, float]]]] = {
    "up": [[(4, 10), (8, 6), (12, 10)]],
    "down": [[(4, 6), (8, 10), (12, 6)]],
    "in": [[(8, 3.5), (8, 12.5)], [(3.5, 8), (12.5, 8)]],
    "out": [[(3.5, 8), (12.5, 8)]],
    "fit": [
        [(2.5, 4), (2.5, 12)],
        [(13.5, 4), (13.5, 12)],
        [(4.5, 8), (11.5, 8)],
        [(6.5, 6), (4.5, 8), (6.5, 10)],
        [(9.5, 6), (11.5, 8), (9.5, 10)],
    ],
    "selection": [[(2.5, 3.5), (2.5, 12.5)], [(13.5, 3.5), (13.5, 12.5)], [(5, 6), (11, 6)], [(5, 10), (11, 10)]],
}


class SignButton(QToolButton):
    """A button whose sign has the colour of its text."""

    def __init__(self, sign: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = sign
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._draw()

    def _draw(self) -> None:
        if self._sign:
            icon = QIcon()
            for mode, group in (
                (QIcon.Mode.Normal, QPalette.ColorGroup.Active),
                (QIcon.Mode.Disabled, QPalette.ColorGroup.Disabled),
            ):
                icon.addPixmap(self._pixmap(group), mode)
            self.setIcon(icon)

    def _pixmap(self, group: QPalette.ColorGroup) -> QPixmap:
        pixmap = QPixmap(32, 32)
        pixmap.setDevicePixelRatio(2)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.palette().color(group, QPalette.ColorRole.ButtonText), 1.6)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for line in _SIGNS[self._sign]:
            painter.drawPolyline([QPointF(x, y) for x, y in line])
        painter.end()
        return pixmap


def tool_button(parent: QWidget, name: str, title: str, help_text: str, shortcut: str, sign: str = "") -> QToolButton:
    """Return a flat button with object name, accessible name, tooltip and shortcut; ``sign`` is drawn on it."""
    button = SignButton(sign, parent)
    button.setObjectName(name)
    button.setAccessibleName(title)
    button.setToolTip(f"{help_text} ({shortcut})" if shortcut else help_text)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
