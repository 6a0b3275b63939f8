"""What the dialogs of studies share: how far it is, and the buttons to start, stop and close."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QWidget

from biofm_desktop.gui.widgets.dialog_parts import stacked
from biofm_desktop.gui.widgets.named import named, plain_label


class StudyDialog(QDialog):
    """A window beside the main one; what was started in it goes on when it is closed.

    Its widgets are named ``area.thing``. Subclasses make their parts, `lay_out` them, and tell in `ask` what *Start*
    asks for.
    """

    stop_requested = Signal()

    def __init__(self, area: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.area = area
        self.setObjectName(f"{area}.dialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.status = named(plain_label(), f"{area}.status", "State", "How far it is")
        self.progress = named(QProgressBar(), f"{area}.progress", "Progress", "How much is done")
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(8)
        self.progress.setRange(0, 1000)
        self.start = self.button("start", "Start", "Start with these choices")
        self.start.setProperty("primary", True)
        self.stop = self.button("stop", "Stop", "End it; what was found so far stands")
        self.close_button = self.button("close", "Close", "Close this; what was started goes on and is among the jobs")
        self.start.clicked.connect(self.ask)
        self.stop.clicked.connect(self.stop_requested)
        self.close_button.clicked.connect(self.reject)

    def button(self, name: str, text: str, tip: str) -> QPushButton:
        """Return a button of this dialog."""
        button = named(QPushButton(text), f"{self.area}.{name}", text.removesuffix(" …"), tip)
        button.setAutoDefault(False)
        return button

    def lay_out(
        self, hint: str, parts: Sequence[QWidget], stretched: QWidget, more: Sequence[QPushButton] = ()
    ) -> None:
        """Lay out a hint, the parts, the state and the buttons, ``more`` of them at the left."""
        words = plain_label(hint)
        words.setProperty("role", "faint")
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        for button in more:
            line.addWidget(button)
        line.addStretch(1)
        for button in (self.start, self.stop, self.close_button):
            line.addWidget(button)
        stacked(self, [words, *parts, self.progress, self.status, row], stretched)
        self.show_state("", busy=False)

    def ask(self) -> None:
        """Tell what *Start* asks for."""
        raise NotImplementedError

    def show_state(self, words: str, *, busy: bool, role: str = "") -> None:
        """Say how far it is; a second one is not started meanwhile."""
        self.status.setText(words)
        self.status.setVisible(bool(words))
        self.status.setProperty("role", role)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)
        self.start.setEnabled(not busy)
        self.stop.setEnabled(busy)
        self.progress.setVisible(busy)
        if not busy:
            self.show_progress(0.0)

    def show_progress(self, share: float | None) -> None:
        """Show how much is done, from 0 to 1 (None: not known)."""
        self.progress.setRange(0, 0 if share is None else 1000)
        self.progress.setValue(round(1000 * (share or 0.0)))
