"""The line above an image."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from .named import named, plain_label, plain_tip


class SampleHeader(QWidget):
    """The line above the image: which sample it is, its facts, and what is known of it. Plain text only."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("viewer.header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._key, self._facts, self._note = (plain_label(wrap=False) for _ in range(3))
        self._key.setProperty("role", "title")
        self._facts.setProperty("role", "faint")
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 5, 10, 5)
        line.setSpacing(12)
        line.addWidget(self._key)
        line.addWidget(self._facts)
        line.addStretch()
        line.addWidget(self._note)
        self._tools = QHBoxLayout()
        line.addLayout(self._tools)
        for label in (self._key, self._facts, self._note):
            label.setMinimumWidth(0)

    def add_button(self, action: QAction) -> None:
        """Put an action at the end of the line."""
        button = QToolButton()
        button.setDefaultAction(action)
        named(button, f"{action.objectName()}_button", action.text().replace("&", ""), action.toolTip())
        self._tools.addWidget(button)

    def show_text(self, key: str, facts: str, note: str) -> None:
        """Show which sample is seen."""
        self._key.setText(key if len(key) <= 60 else key[:57] + "…")
        self._key.setToolTip(plain_tip(key))
        self._facts.setText(facts)
        self.show_note(note)

    def show_note(self, note: str) -> None:
        """Show what is known of the sample."""
        self._note.setText(note if len(note) <= 80 else note[:77] + "…")
