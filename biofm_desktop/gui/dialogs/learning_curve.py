"""How good it gets with how many labels: what to try, and the figures as they come."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from biofm_desktop.engine.jobs.learning_curve import COUNTS, in_words
from biofm_desktop.gui.widgets.bar_delegate import SHARE, BarDelegate
from biofm_desktop.gui.widgets.dialog_parts import stacked
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.row_table import as_rows

_ALL = "all"
_HINT = (
    "The same training, with the options of the panel, is done with fewer and more labels of each class, so many times "
    "each. Where the figure still rises with all labels, more labels will help; where it is flat, other options may."
)


class LearningCurveDialog(QDialog):
    """Asks for the numbers of labels and shows a row for each; ``start_requested`` gives counts and seeds."""

    start_requested = Signal(tuple, int)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curve.dialog")
        self.setWindowTitle(f"Learning curve: {title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        tip = "Labels per class, with commas between; below 1: that share of the labels; all: every label"
        self._counts = named(QLineEdit(), "curve.counts", "Labels per class", tip)
        self._counts.setText(", ".join(_ALL if not count else f"{count:g}" for count in COUNTS))
        self._seeds = named(QSpinBox(), "curve.seeds", "Trainings each", "How often each number of labels is tried")
        self._seeds.setRange(1, 20)
        self._seeds.setValue(3)
        self.status = named(plain_label(), "curve.status", "State", "How far it is")
        self._bars = BarDelegate()
        self.table = self._make_table()
        hint = plain_label(_HINT)
        hint.setProperty("role", "faint")
        stacked(self, [hint, self._form(), self.status, self.table, self._make_buttons()], self.table)
        self.resize(620, 480)

    def counts(self) -> tuple[float, ...] | None:
        """Return the numbers of labels; None where they cannot be read."""
        words = [word.strip().lower() for word in self._counts.text().split(",") if word.strip()]
        try:
            found = tuple(0.0 if word == _ALL else float(word) for word in words)
        except ValueError:
            return None
        return found if found and all(0 <= count < 1e6 for count in found) else None

    def show_state(self, words: str, *, busy: bool, role: str = "") -> None:
        """Say how far it is; a second curve is not started meanwhile."""
        self.status.setText(words)
        self.status.setProperty("role", role)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)
        self._start.setEnabled(not busy)

    def show_rows(self, rows: Sequence[dict[str, Any]], metric: str) -> None:
        """Show mean and spread for each number of labels."""
        self.table.setHorizontalHeaderItem(2, QTableWidgetItem(metric.replace("_", " ").capitalize()))
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            figure = QTableWidgetItem(f"{row['mean']:.3f} ± {row['spread']:.3f}")
            figure.setData(SHARE, min(1.0, max(0.0, row["mean"])))
            cells = (QTableWidgetItem(in_words(row["labels"]).capitalize()), QTableWidgetItem(f"{row['samples']:,}"))
            for column, item in enumerate((*cells, figure)):
                self.table.setItem(place, column, item)

    def _form(self) -> QWidget:
        asked = QWidget()
        form = QFormLayout(asked)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("&Labels per class", self._counts)
        form.addRow("&Trainings each", self._seeds)
        return asked

    def _make_table(self) -> QTableWidget:
        tip = "Mean and spread of the figure over the trainings with so many labels"
        table = named(QTableWidget(0, 3), "curve.table", "Figures by number of labels", tip)
        table.setHorizontalHeaderLabels(["Labels", "Training samples", "Figure"])
        table.setItemDelegateForColumn(2, self._bars)
        header = as_rows(table)
        for column in range(3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        return table

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        named(close, "curve.close", "Close", "Close this; what was started goes on and is listed among the jobs")
        tip = "Train with each number of labels; it can be stopped in the panel Jobs"
        self._start = named(QPushButton("Start"), "curve.start", "Start", tip)
        buttons.addButton(self._start, QDialogButtonBox.ButtonRole.ActionRole)
        self._start.clicked.connect(self._ask)
        buttons.rejected.connect(self.reject)
        return buttons

    def _ask(self) -> None:
        counts = self.counts()
        if counts is None:
            self.show_state("Give numbers with commas between, such as 5, 10, 0.5, all.", busy=False, role="error")
        else:
            self.start_requested.emit(counts, self._seeds.value())
