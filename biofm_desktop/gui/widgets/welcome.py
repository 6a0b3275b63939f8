"""What the middle shows before anything is opened."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from .named import named, plain_label

_WIDTH = 560


class WelcomePage(QWidget):
    """Offers to open files, a folder or the sample data, and what was opened last."""

    recent_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = QLabel("What would you like to look at?")
        title.setProperty("role", "heading")
        hint = QLabel("Drop files or a folder here, or choose:")
        hint.setProperty("role", "faint")
        self.busy = plain_label()
        self.busy.setObjectName("welcome.busy")
        self.busy.setProperty("role", "faint")
        self.bar = QProgressBar(maximum=0, textVisible=False)
        self.bar.setFixedHeight(6)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(10)
        middle = QVBoxLayout()
        middle.setSpacing(12)
        for part in (title, hint):
            middle.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addLayout(self._buttons)
        middle.addSpacing(8)
        middle.addWidget(self.busy, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addWidget(self.bar)
        middle.addLayout(self._recent)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.addStretch(2)
        row.addStretch()
        row.addLayout(middle)
        row.addStretch()
        column.addLayout(row)
        column.addStretch(3)
        self.show_busy("")

    def add_buttons(self, actions: Sequence[QAction]) -> None:
        """Offer these as large buttons."""
        for action in actions:
            self._buttons.addWidget(_big_button(action))

    def show_busy(self, text: str) -> None:
        """Say what is being opened (empty: nothing is)."""
        self.busy.setText(text)
        self.busy.setVisible(bool(text))
        self.bar.setVisible(bool(text))

    def show_recent(self, recent: Sequence[tuple[Path, ...]]) -> None:
        """Show what was opened last."""
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if recent:
            head = QLabel("Opened last")
            head.setProperty("role", "title")
            self._recent.addWidget(head)
            self._recent.addSpacing(4)
        for number, paths in enumerate(recent[:5]):
            self._recent.addWidget(self._link(number, paths))

    def _link(self, number: int, paths: tuple[Path, ...]) -> QWidget:
        name = f"Open {paths[0].name} again"
        button = named(QPushButton(flat=True), f"welcome.recent_{number}", name, "Open this again")
        button.setStyleSheet("text-align: left; border: none; background: transparent;")
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        text = f"{paths[0].name}{more}   —   {paths[0].parent}"
        button.setText(
            button.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, _WIDTH - 30).replace("&", "&&")
        )
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: self.recent_chosen.emit(paths))
        return button


def _big_button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setText(action.text().replace("&", "").rstrip("…"))
    named(button, f"{action.objectName()}_big", button.text(), action.toolTip())
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setIconSize(QSize(34, 34))
    button.setFixedSize(QSize(172, 104))
    button.setProperty("big", True)
    return button
