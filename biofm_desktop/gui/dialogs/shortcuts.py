"""All keys of the window, as a table."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from biofm_desktop.gui.widgets.named import named


class ShortcutsDialog(QDialog):
    """Lists what the keys do; a text narrows the list."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts.dialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(560, 520)
        self.search = QLineEdit(placeholderText="Find an action or a key")
        named(self.search, "shortcuts.find", "Find", "Show only actions that hold this text")
        self.table = named(QTableWidget(0, 2), "shortcuts.table", "Keyboard shortcuts", "What the keys do")
        self.table.setHorizontalHeaderLabels(["Action", "Keys"])
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        for action in actions:
            keys = ", ".join(k.toString(QKeySequence.SequenceFormat.NativeText) for k in action.shortcuts())
            if keys:
                self._add(action.text().replace("&", "").rstrip("…"), keys)
        self.search.textChanged.connect(self._narrow)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 14, 14, 14)
        whole.addWidget(self.search)
        whole.addWidget(self.table)

    def _add(self, title: str, keys: str) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, text in enumerate((title, keys)):
            item = QTableWidgetItem(text)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.table.setItem(row, column, item)

    def _narrow(self, text: str) -> None:
        for row in range(self.table.rowCount()):
            items = (self.table.item(row, column) for column in (0, 1))
            words = " ".join(item.text() for item in items if item is not None).lower()
            self.table.setRowHidden(row, text.lower() not in words)
