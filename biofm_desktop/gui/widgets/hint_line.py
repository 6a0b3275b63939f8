"""A line under the plots that says what the curves suggest."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget
from superqt import QElidingLabel

from biofm_desktop.engine.hints import Hint
from biofm_desktop.gui.theme import icon, theme_bus

from .named import named, plain_tip


class HintLine(QWidget):
    """Shows one hint at a time, the gravest first; it can be sent away, then comes the next. Empty it takes no room."""

    dismissed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hints: list[Hint] = []
        self._bulb = QLabel()
        self._words = named(QElidingLabel(), "plots.hint", "What next", "What the curves suggest")
        self._words.setTextFormat(Qt.TextFormat.PlainText)  # one line: the plots need the height
        tip = "Send this hint away"
        self._away = named(QToolButton(), "plots.hint_dismiss", "Dismiss the hint", tip)
        self._away.setAutoRaise(True)
        self._away.clicked.connect(lambda: self.dismissed.emit(self._hints[0].kind))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 4, 2)
        layout.addWidget(self._bulb)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._away)
        theme_bus().changed.connect(self._colour)
        self._colour()
        self.show_hints(())

    def show_hints(self, hints: Sequence[Hint]) -> None:
        """Show the first of these."""
        self._hints = list(hints)
        more = f"  (1 of {len(hints)})" if len(hints) > 1 else ""
        self._words.setText(f"{hints[0]}{more}" if hints else "")
        self._words.setToolTip(plain_tip("\n\n".join(map(str, hints))))
        self.setVisible(bool(hints))

    def _colour(self) -> None:
        self._bulb.setPixmap(icon("lightbulb-on-outline").pixmap(16, 16))
        self._away.setIcon(icon("close"))
