"""How good it gets with how many labels: what to try, and the figures as they come."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHeaderView, QLineEdit, QSpinBox, QTableWidget, QTableWidgetItem, QWidget

from biofm_desktop.engine.jobs.learning_curve import COUNTS, in_words
from biofm_desktop.gui.widgets.bar_delegate import SHARE, BarDelegate
from biofm_desktop.gui.widgets.named import named
from biofm_desktop.gui.widgets.row_table import as_rows

from .study import StudyDialog

_ALL = "all"
_HINT = (
    "The same training, with the options of the panel, is done with fewer and more labels of each class, so many times "
    "each. Where the figure still rises with all labels, more labels will help; where it is flat, other options may."
)


class LearningCurveDialog(StudyDialog):
    """Asks for the numbers of labels and shows a row for each; ``start_requested`` gives counts and seeds."""

    start_requested = Signal(tuple, int)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__("curve", f"Learning curve: {title}", parent)
        tip = "Labels per class, with commas between; below 1: that share of the labels; all: every label"
        self._counts = named(QLineEdit(), "curve.counts", "Labels per class", tip)
        self._counts.setText(", ".join(_ALL if not count else f"{count:g}" for count in COUNTS))
        self._seeds = named(QSpinBox(), "curve.seeds", "Trainings each", "How often each number of labels is tried")
        self._seeds.setRange(1, 20)
        self._seeds.setValue(3)
        self._bars = BarDelegate()
        self.table = self._make_table()
        self.lay_out(_HINT, [self._form(), self.table], self.table)
        self.resize(620, 480)

    def counts(self) -> tuple[float, ...] | None:
        """Return the numbers of labels; None where they cannot be read."""
        words = [word.strip().lower() for word in self._counts.text().split(",") if word.strip()]
        try:
            found = tuple(0.0 if word == _ALL else float(word) for word in words)
        except ValueError:
            return None
        return found if found and all(0 <= count < 1e6 for count in found) else None

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

    def ask(self) -> None:
        """Give the numbers, or say what is wrong with them."""
        counts = self.counts()
        if counts is None:
            self.show_state("Give numbers with commas between, such as 5, 10, 0.5, all.", busy=False, role="error")
        else:
            self.start_requested.emit(counts, self._seeds.value())
