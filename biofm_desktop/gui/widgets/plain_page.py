"""A page for samples that have no viewer of their own."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QAbstractItemView, QPlainTextEdit, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from biofm_desktop.engine.samples import Sample, cells_of, facts_of

from .named import named, plain_label
from .row_table import as_rows

_MARGIN = 10


class PlainPage(QWidget):
    """What a sample says of itself, as plain text that can be read and copied, and its row's cells, to be corrected.

    A cell that was typed keeps its old text until the sample is shown with the new one.
    """

    cell_edited = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = plain_label()
        self.title.setProperty("role", "title")
        self.text = named(QPlainTextEdit(readOnly=True), "centre.plain", "The sample as text", "What the sample holds")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.cells = self._make_cells()
        stack = QVBoxLayout(self)
        stack.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        stack.addWidget(self.title)
        stack.addWidget(self.text, 1)
        stack.addWidget(self.cells, 2)

    def show_sample(self, sample: Sample, note: str = "") -> None:
        """Show a sample's facts; ``note`` is what is known of it besides."""
        (_, key), *facts = facts_of(sample)
        self.title.setText(key[:60] + ("…" if len(key) > 60 else "") + (f"   {note}" if note else ""))
        self.text.setPlainText("\n\n".join(_told(name, text) for name, text in facts))
        self._show_cells(cells_of(sample))

    def clear(self) -> None:
        """Show nothing."""
        self.title.clear()
        self.text.clear()
        self._show_cells({})

    def _make_cells(self) -> QTableWidget:
        table = named(QTableWidget(0, 2), "centre.cells", "The cells of its row", "Double-click a value to correct it")
        table.setHorizontalHeaderLabels(("Column", "Value"))
        as_rows(table).setStretchLastSection(True)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        table.setColumnWidth(0, 220)
        table.setAlternatingRowColors(True)
        table.itemChanged.connect(self._tell_cell)
        table.hide()
        return table

    def _show_cells(self, cells: dict[str, str]) -> None:
        blocked, kept = self.cells.blockSignals(True), self.cells.currentRow()
        self.cells.setRowCount(len(cells))
        for row, (column, text) in enumerate(cells.items()):
            name, value = QTableWidgetItem(column), QTableWidgetItem(text)
            name.setFlags(name.flags() & ~Qt.ItemFlag.ItemIsEditable)
            value.setData(Qt.ItemDataRole.UserRole, text)
            self.cells.setItem(row, 0, name)
            self.cells.setItem(row, 1, value)
        self.cells.setCurrentCell(kept if kept < len(cells) else -1, 1)
        self.cells.blockSignals(blocked)
        self.cells.setVisible(bool(cells))

    def _tell_cell(self, item: QTableWidgetItem) -> None:
        old, new, name = item.data(Qt.ItemDataRole.UserRole), item.text().strip(), self.cells.item(item.row(), 0)
        if new != old and name is not None:
            blocked = self.cells.blockSignals(True)
            item.setText(old)
            self.cells.blockSignals(blocked)
            self.cell_edited.emit(name.text(), new)


def _told(name: str, text: str) -> str:
    return f"{name}:\n{text}" if "\n" in text or len(text) > 80 else f"{name}: {text}"
