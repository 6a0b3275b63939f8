"""The earlier runs of a project whose weights a training can start from."""

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from biofm_desktop.engine.jobs.earlier_runs import Earlier
from biofm_desktop.gui.widgets.dialog_parts import stacked
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip
from biofm_desktop.gui.widgets.row_table import as_rows

COLUMNS = ("Run", "Learnt", "Model", "Figure", "When")
_WIDTHS = (0, 170, 140, 150, 130)


class StartRunDialog(QDialog):
    """``run_chosen`` names the folder of the run to start from."""

    run_chosen = Signal(str)

    def __init__(self, runs: Sequence[Earlier], model: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = sorted(runs, key=lambda run: run.model != model)  # those that surely fit come first
        self.setObjectName("startrun.dialog")
        self.setWindowTitle("Start from an earlier run")
        hint = plain_label(
            "The run's weights are taken, and its pictures' scaling; the head is made anew where the classes differ."
        )
        hint.setProperty("role", "faint")
        self.table = self._make_table()
        self._card = named(plain_label(), "startrun.card", "About the run", "What the run's card says")
        self._card.setMinimumHeight(54)
        self._card.setAlignment(Qt.AlignmentFlag.AlignTop)
        stacked(self, [hint, self.table, self._card, self._make_buttons()], self.table)
        self.table.itemSelectionChanged.connect(self._show)
        self.table.cellActivated.connect(lambda *_: self._choose())
        self.resize(800, 420)
        if self._runs:
            self.table.selectRow(0)
        self._show()

    def _make_table(self) -> QTableWidget:
        tip = "Trainings and pre-trainings of this project; those of the chosen model first"
        table = named(QTableWidget(len(self._runs), len(COLUMNS)), "startrun.table", "Earlier runs", tip)
        table.setHorizontalHeaderLabels(COLUMNS)
        for row, run in enumerate(self._runs):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.time))
            for column, text in enumerate((run.folder.name, run.learnt, run.model, run.figure, when)):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                table.setItem(row, column, item)
        header = as_rows(table)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        for column, width in enumerate(_WIDTHS):
            kind = QHeaderView.ResizeMode.Interactive if width else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(column, kind)
            if width:
                header.resizeSection(column, width)
        return table

    def _make_buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        self._use, cancel = buttons.button(kinds.Ok), buttons.button(kinds.Cancel)
        self._use.setText("Start from it")
        named(self._use, "startrun.accept", "Start from this run", "See what is taken of this run's weights")
        named(cancel, "startrun.cancel", "Cancel", "Choose no run")
        other = buttons.addButton("Another folder …", QDialogButtonBox.ButtonRole.ActionRole)
        named(other, "startrun.other", "Another folder", "Name the folder of a run that is not in this project")
        other.setAutoDefault(False)
        for button in buttons.buttons():
            button.setIcon(QIcon())
        other.clicked.connect(self._ask_folder)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        return buttons

    def _marked(self) -> Earlier | None:
        rows = self.table.selectionModel().selectedRows()
        return self._runs[rows[0].row()] if rows else None

    def _show(self) -> None:
        run = self._marked()
        self._use.setEnabled(run is not None)
        if run is not None:
            self._card.setText(run.card)
        elif not self._runs:
            self._card.setText("No run of this project has weights yet.")
        else:
            self._card.setText("")

    def _choose(self) -> None:
        run = self._marked()
        if run is not None:
            self.accept()
            self.run_chosen.emit(str(run.folder))

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "The folder of a run")
        if name:
            self.accept()
            self.run_chosen.emit(name)
