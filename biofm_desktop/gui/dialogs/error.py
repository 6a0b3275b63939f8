"""The one dialog that tells what went wrong, in plain words, with the details to copy."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from biofm_desktop.gui.theme import icon, theme_colours
from biofm_desktop.gui.widgets.named import named, plain_label

#: More faults than this while the dialog is open are only counted.
KEPT = 20


class ErrorDialog(QDialog):
    """Shows a message; further ones that come while it is open are added to it, so that dialogs never pile up."""

    closed = Signal()

    def __init__(self, message: str, detail: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message.dialog")
        self.setWindowTitle("BioFM Desktop")
        self.setMinimumWidth(460)
        self._messages: list[str] = []
        self._details: list[str] = []
        self._more = 0
        self.message = named(plain_label(), "message.text", "What went wrong", "What went wrong")
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        sign = QLabel()
        sign.setPixmap(icon("alert-circle-outline", theme_colours().warning).pixmap(36, 36))
        tip = "What a developer needs to find the fault"
        self.details = named(QPlainTextEdit(readOnly=True), "message.details", "Details of the fault", tip)
        self.details.setMinimumHeight(180)
        self.details.hide()
        self._show_details = _button(
            "message.show_details", "Show details", "Show what a developer needs", self._toggle
        )
        copy = _button("message.copy", "Copy details", "Copy the message and its details, for a report", self.copy)
        close = _button("message.close", "Close", "Close this message", self.accept)
        close.setDefault(True)
        top, buttons, whole = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        top.setSpacing(14)
        top.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.message, 1)
        buttons.addWidget(self._show_details)
        buttons.addWidget(copy)
        buttons.addStretch()
        buttons.addWidget(close)
        whole.setContentsMargins(18, 18, 18, 14)
        whole.setSpacing(14)
        whole.addLayout(top)
        whole.addWidget(self.details)
        whole.addLayout(buttons)
        self.finished.connect(lambda _: self.closed.emit())
        self.add(message, detail)

    def add(self, message: str, detail: str = "") -> None:
        """Show one more message; one that is shown already, or beyond the first 20, is only counted."""
        if message in self._messages or len(self._messages) >= KEPT:
            self._more += 1
        else:
            self._messages.append(message)
            self._details.append(detail or message)
        more = f"\n\n… and {self._more} more." if self._more else ""
        self.message.setText("\n\n".join(self._messages[:4]) + ("\n\n…" if len(self._messages) > 4 else "") + more)
        self.details.setPlainText(self.text())

    def text(self) -> str:
        """Return the messages with their details, as copied."""
        return "\n\n".join(f"{m}\n{d}" if d != m else m for m, d in zip(self._messages, self._details))

    def copy(self) -> None:
        """Put messages and details on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def _toggle(self) -> None:
        self.details.setVisible(self.details.isHidden())
        self._show_details.setText("Show details" if self.details.isHidden() else "Hide details")
        self.adjustSize()


def _button(name: str, text: str, tip: str, act: Callable[..., object]) -> QPushButton:
    button = named(QPushButton(text, autoDefault=False), name, text, tip)
    button.clicked.connect(act)
    return button
