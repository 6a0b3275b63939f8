"""The list of messages: what the readers noticed of the data, what the jobs warned of, and what went wrong."""

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.gui.theme import Colours, icon, theme_bus, theme_colours
from biofm_desktop.gui.widgets.named import named

#: Older messages are dropped beyond this many.
KEPT = 1000
_SIGNS = {"info": "information-outline", "warning": "alert-outline", "error": "alert-circle-outline"}
_KIND = Qt.ItemDataRole.UserRole


class MessagesPanel(QWidget):
    """Keeps messages in order, the newest below, as plain text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = named(QListWidget(), "messages.list", "Messages", "What happened, the newest below")
        self.list.setWordWrap(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.empty = QLabel("No messages. Problems of the data and of jobs are told here.")
        self.empty.setProperty("role", "faint")
        copy = named(QPushButton("Copy"), "messages.copy", "Copy messages", "Copy the chosen messages, or all")
        clear = named(QPushButton("Clear"), "messages.clear", "Clear messages", "Empty this list")
        copy.clicked.connect(self.copy)
        clear.clicked.connect(self.clear)
        whole, buttons = QVBoxLayout(self), QHBoxLayout()
        whole.setContentsMargins(6, 6, 6, 6)
        whole.addWidget(self.list, 1)
        buttons.addWidget(self.empty)
        buttons.addStretch()
        buttons.addWidget(copy)
        buttons.addWidget(clear)
        whole.addLayout(buttons)
        theme_bus().changed.connect(self._show_theme)

    def add(self, message: str, kind: str = "info") -> None:
        """Add a message (``info``, ``warning`` or ``error``)."""
        item = QListWidgetItem(f"{datetime.now():%H:%M:%S}  {message}")
        item.setData(_KIND, kind)
        item.setIcon(_sign(kind, theme_colours()))
        self.list.addItem(item)
        if self.list.count() > KEPT:
            self.list.takeItem(0)
        self.list.scrollToBottom()
        self.empty.hide()

    def clear(self) -> None:
        """Empty the list."""
        self.list.clear()
        self.empty.show()

    def copy(self) -> None:
        """Put the chosen messages on the clipboard; all, where none is chosen."""
        items = self.list.selectedItems() or [self.list.item(row) for row in range(self.list.count())]
        QGuiApplication.clipboard().setText("\n".join(item.text() for item in items))

    def _show_theme(self, colours: Colours) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setIcon(_sign(item.data(_KIND), colours))


def _sign(kind: str, colours: Colours) -> QIcon:
    return icon(_SIGNS[kind], {"info": colours.faint, "warning": colours.warning, "error": colours.error}[kind])
