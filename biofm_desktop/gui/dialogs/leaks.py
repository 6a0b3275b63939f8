"""The samples that are on both sides of a split, named in pairs."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from biofm_desktop.engine.leaks import Leak
from biofm_desktop.gui.widgets.dialog_parts import stacked
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip
from biofm_desktop.gui.widgets.row_table import as_rows

COLUMNS = ("First sample", "Split", "Second sample", "Split", "What they share", "Likeness")
_FIRST, _SECOND = (0, 1), 2
_WORDS = (
    "A model that has seen a sample in training looks better on validation and test than it is. Put both samples of "
    "a pair into one split, or leave one out. Double-click a sample to look at it."
)


class LeaksDialog(QDialog):
    """Lists leaks; it stays open while the samples are looked at."""

    sample_chosen = Signal(str)

    def __init__(self, leaks: Sequence[Leak], summary: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leaks.dialog")
        self.setWindowTitle("Leaks between splits")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        told = named(plain_label(summary), "leaks.summary", "What was found", "What was found")
        hint = plain_label(_WORDS)
        hint.setProperty("role", "faint")
        self.table = self._make_table(leaks)
        self.table.cellActivated.connect(self._choose)  # a double click, or Return
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = named(buttons.button(QDialogButtonBox.StandardButton.Close), "leaks.close", "Close", "Close this list")
        close.setAutoDefault(False)  # Return chooses a sample
        close.setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        stacked(self, [told, hint, self.table, buttons], self.table)
        self.resize(760, 460)

    def _make_table(self, leaks: Sequence[Leak]) -> QTableWidget:
        tip = "Pairs of samples in different splits; double-click a sample to look at it"
        table = named(QTableWidget(len(leaks), len(COLUMNS)), "leaks.table", "Leaks", tip)
        table.setHorizontalHeaderLabels(COLUMNS)
        for row, leak in enumerate(leaks):
            cells = (leak.first, leak.first_split, leak.second, leak.second_split, leak.kind, f"{leak.likeness:.3f}")
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                table.setItem(row, column, item)
        table.setAlternatingRowColors(True)
        header = as_rows(table)
        for column, width in enumerate((0, 64, 0, 64, 170, 80)):
            stretches = width == 0
            kind = QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(column, kind)
            if not stretches:
                header.resizeSection(column, width)
        return table

    def _choose(self, row: int, column: int) -> None:
        item = self.table.item(row, _FIRST[0] if column in _FIRST else _SECOND)
        if item is not None:
            self.sample_chosen.emit(item.text())
