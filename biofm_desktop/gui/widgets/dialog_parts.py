"""What small dialogs share: a row of two named buttons, and parts one above the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from .named import named

_MARGINS = (18, 18, 18, 14)


@dataclass(frozen=True)
class Choice:
    """A button: its object name, what is on it, and what it does in a few words."""

    name: str
    text: str
    tip: str

    def put_on(self, button: QPushButton) -> None:
        """Make this button that one."""
        button.setText(self.text)
        named(button, self.name, self.text, self.tip)


def two_buttons(dialog: QDialog, accept: Choice, reject: Choice) -> QDialogButtonBox:
    """Return the row; the second button and Esc reject the dialog, what the first does is left to ``accepted``."""
    kinds = QDialogButtonBox.StandardButton
    buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
    accept.put_on(buttons.button(kinds.Ok))
    reject.put_on(buttons.button(kinds.Cancel))
    buttons.rejected.connect(dialog.reject)
    return buttons


def stacked(dialog: QDialog, parts: Sequence[QWidget], stretched: QWidget | None = None, spacing: int = 12) -> None:
    """Lay the parts out one above the other; one of them takes the room that is left."""
    whole = QVBoxLayout(dialog)
    whole.setContentsMargins(*_MARGINS)
    whole.setSpacing(spacing)
    for part in parts:
        whole.addWidget(part, 1 if part is stretched else 0)
