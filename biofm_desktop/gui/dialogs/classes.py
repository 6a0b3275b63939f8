"""How often each class occurs in each split, as bars, and what is doubtful about that."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from biofm_desktop.engine.tasks.few_labels import Advice
from biofm_desktop.engine.tasks.histogram import SPLITS, TITLES, Histogram
from biofm_desktop.gui.widgets.bar_delegate import SHARE, BarDelegate
from biofm_desktop.gui.widgets.dialog_parts import stacked
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip
from biofm_desktop.gui.widgets.row_table import as_rows

_HEADS = {"samples": "samples", "pixels": "pixels", "values": "samples"}


class ClassesDialog(QDialog):
    """Shows a histogram with a column of bars for each split; it stays open while one sets up the training."""

    advice_taken = Signal()

    def __init__(
        self,
        found: Histogram,
        summary: str,
        warnings: Sequence[str] = (),
        advice: Advice | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("classes.dialog")
        self.setWindowTitle("Classes of the training data")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._bars = BarDelegate()
        told = named(plain_label(summary), "classes.summary", "What was counted", "What was counted")
        self.table = self._make_table(found)
        doubts = "\n".join(f"• {words}" for words in warnings) or "Every class is in every split, none is very rare."
        warned = named(
            plain_label(doubts), "classes.warnings", "What is doubtful", "What is doubtful about the classes"
        )
        parts: list[QWidget] = [told, self.table, warned]
        if advice is not None:
            why = named(plain_label(f"{advice.reason}."), "classes.advice", "Few labels", "What to do with few labels")
            why.setProperty("role", "faint")
            parts.append(why)
        stacked(self, [*parts, self._make_buttons(advice)], self.table)
        self.resize(720, 460)

    def _make_buttons(self, advice: Advice | None) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        named(close, "classes.close", "Close", "Close this chart").setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        if advice is not None:
            tip = (
                "Set strong augmentation and many epochs, and let the head alone learn where trained weights are chosen"
            )
            take = named(QPushButton("Use few-label settings"), "classes.use_advice", "Use few-label settings", tip)
            buttons.addButton(take, QDialogButtonBox.ButtonRole.ActionRole)
            take.clicked.connect(self.advice_taken)
            take.clicked.connect(self.accept)
        return buttons

    def _make_table(self, found: Histogram) -> QTableWidget:
        splits = [split for split in SPLITS if sum(found.counts.get(split, ()))]
        table = QTableWidget(len(found.names), 1 + len(splits))
        named(table, "classes.table", "Classes by split", "How often each class occurs; bars are relative to the split")
        what = _HEADS[found.unit]
        first = "Value" if found.unit == "values" else "Class"
        table.setHorizontalHeaderLabels([first, *(f"{TITLES[split].capitalize()} {what}" for split in splits)])
        for row, name in enumerate(found.names):
            item = QTableWidgetItem(name)
            item.setToolTip(plain_tip(name))
            table.setItem(row, 0, item)
            for column, split in enumerate(splits, 1):
                table.setItem(row, column, self._cell(found, split, row))
        for column in range(1, table.columnCount()):
            table.setItemDelegateForColumn(column, self._bars)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        header = as_rows(table)
        for column in range(table.columnCount()):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        return table

    def _cell(self, found: Histogram, split: str, row: int) -> QTableWidgetItem:
        count, most = found.counts[split][row], max(found.counts[split])
        share = count / sum(found.counts[split])
        text = f"{count:,}" + (f"  ({share:.1%})" if found.unit == "pixels" else "")
        item = QTableWidgetItem(text)
        item.setData(SHARE, count / most)
        held = found.holding[split][row]
        item.setToolTip(
            plain_tip(f"{count:,} {_HEADS[found.unit]}, {share:.2%} of the split; {held:,} samples hold it")
        )
        return item
