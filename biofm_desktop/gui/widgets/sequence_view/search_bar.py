"""The search box with its buttons: text in, signals out."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from .tool_buttons import tool_button


class SearchBar(QWidget):
    """Asks for a pattern; tells how many hits there are."""

    pattern_changed = Signal(str, bool)
    step_requested = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(200)
        self._typing.timeout.connect(self._tell)
        self.box = QLineEdit()
        self.box.setObjectName("sequence.search")
        self.box.setAccessibleName("Search the sequence")
        self.box.setToolTip("Letters to find; IUPAC letters such as N, R, Y stand for several (Ctrl+F)")
        self.box.setPlaceholderText("Find letters, e.g. TATAWAW")
        self.box.setClearButtonEnabled(True)
        self.box.setMinimumWidth(150)
        self.box.setMaximumWidth(260)
        self.box.textChanged.connect(lambda _text: self._typing.start())
        self.both = tool_button(self, "sequence.both_strands", "Both strands", "Search the other strand too", "Alt+B")
        self.both.setText("Both strands")
        self.both.setCheckable(True)
        self.both.setChecked(True)
        self.both.toggled.connect(lambda _on: self._tell())
        previous = tool_button(
            self, "sequence.search_previous", "Previous hit", "Go to the hit before", "Shift+F3", "up"
        )
        following = tool_button(self, "sequence.search_next", "Next hit", "Go to the next hit", "F3", "down")
        previous.clicked.connect(lambda: self._step(-1))
        following.clicked.connect(lambda: self._step(1))
        self.count = QLabel()
        self.count.setObjectName("sequence.search_count")
        self.count.setAccessibleName("Search hits")
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.count.setMinimumWidth(74)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.box, previous, following, self.both, self.count):
            row.addWidget(widget)
        self.steps: tuple[QToolButton, QToolButton] = (previous, following)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next hit, shift and enter to the one before, escape leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def set_text(self, text: str) -> None:
        """Write a pattern into the box and search at once."""
        self.box.setText(text)
        self._tell()

    def tell_count(self, words: str, wrong: str = "") -> None:
        """Say how many hits there are; ``wrong`` says what is wrong with the pattern."""
        self.count.setText(words)
        self.count.setToolTip("")
        self.count.setAccessibleDescription(wrong or words)

    def _step(self, by: int) -> None:
        if self._typing.isActive():
            self._tell()
        else:
            self.step_requested.emit(by)

    def _tell(self) -> None:
        self._typing.stop()
        self.pattern_changed.emit(self.box.text(), self.both.isChecked())
