"""The predictions panel: what to predict, and a table of what the model said."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.events import Preview
from biofm_desktop.engine.predictions import Prediction
from biofm_desktop.gui.widgets.bar_delegate import BarDelegate
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip
from biofm_desktop.gui.widgets.prediction_model import KINDS, PredictionModel, Row
from biofm_desktop.gui.widgets.row_table import as_rows

SAMPLE, UNLABELLED, EVERYTHING, FOLDER = "sample", "unlabelled", "all", "folder"
SCOPES = {
    SAMPLE: "This sample",
    UNLABELLED: "All without a label",
    EVERYTHING: "All samples",
    FOLDER: "A folder of files …",
}


class PredictionsPanel(QWidget):
    """Shows predictions; tells which sample to show and which labels to take over."""

    start_requested = Signal()
    stop_requested = Signal()
    run_chosen = Signal(str)
    show_sample = Signal(str)
    accept_requested = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder, self._told, self._marking = "", "", False
        self._model, self._bars = PredictionModel(), BarDelegate(doubt=True)
        self._run = self._combo("predict.run", "Model", "Which trained model predicts")
        self._scope = self._combo("predict.scope", "Predict", "What to predict")
        for name, title in SCOPES.items():
            self._scope.addItem(title, name)
        self._scope.setCurrentIndex(1)
        self._start = named(QPushButton("Predict"), "predict.start", "Predict", "Let the model predict")
        self._start.setProperty("primary", True)
        self._stop = named(QPushButton("Stop"), "predict.stop", "Stop", "End it; what is predicted so far is kept")
        self._progress = named(QProgressBar(), "predict.progress", "Progress", "How many samples are predicted")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(8)
        self._status = named(plain_label(), "predict.status", "Prediction status", "What the prediction is doing")
        self._filter, self._kind = self._make_filter()
        self._table = self._make_table()
        tip = "Keep the predictions of the marked rows as labels"
        self._accept = named(QPushButton("Keep as labels"), "predict.accept", "Keep as labels", tip)
        self._lay_out()
        self._connect()
        self.show_state(running=False)

    # What the user chose

    @property
    def run(self) -> str:
        """Return the folder of the chosen run (empty: there is none)."""
        return self._run.currentData() or ""

    def choose_scope(self, scope: str) -> None:
        """Choose what to predict."""
        self._scope.setCurrentIndex(self._scope.findData(scope))

    @property
    def scope(self) -> str:
        """Return what to predict: ``sample``, ``unlabelled``, ``all`` or ``folder``."""
        return str(self._scope.currentData())

    def marked_keys(self) -> list[str]:
        """Return the keys of the marked rows."""
        return [self._model.key_at(index.row()) for index in self._table.selectionModel().selectedRows()]

    # What is shown

    def offer_runs(self, runs: Sequence[Path], chosen: str = "") -> None:
        """Offer the folders of finished runs, the latest first."""
        self._run.blockSignals(True)
        self._run.clear()
        for folder in reversed(runs):
            self._run.addItem(folder.name, str(folder))
            self._run.setItemData(self._run.count() - 1, plain_tip(str(folder)), Qt.ItemDataRole.ToolTipRole)
        self._run.setCurrentIndex(max(0, self._run.findData(chosen)) if runs else -1)
        self._run.blockSignals(False)
        self._run.setEnabled(bool(runs))
        self.show_state(running=self._stop.isEnabled())

    def show_state(self, *, running: bool) -> None:
        """Enable what makes sense."""
        self._start.setEnabled(not running and bool(self.run))
        self._stop.setEnabled(running)
        self._progress.setVisible(running)

    def show_progress(self, share: float | None) -> None:
        """Show how much is done, from 0 to 1 (None: not known)."""
        self._progress.setRange(0, 0 if share is None else 1000)
        self._progress.setValue(round(1000 * (share or 0.0)))

    def show_status(self, words: str, role: str = "") -> None:
        """Say what the prediction is doing; ``role`` may be ``error`` or ``good``."""
        self._status.setText(words)
        self._status.setProperty("role", role)
        self._status.style().unpolish(self._status)
        self._status.style().polish(self._status)
        self._status.setVisible(bool(words))

    def set_labels(self, labels: Mapping[str, str], *, comparable: bool) -> None:
        """Show these labels, by key; ``comparable`` ones should be the same words as the predictions."""
        self._model.set_labels(labels, comparable=comparable)
        self._show_label_column()

    def _show_label_column(self) -> None:
        """Give the room of the labels to the predictions where no predicted sample has one."""
        shown = range(self._model.rowCount())
        self._table.setColumnHidden(3, not any(self._model.index(row, 3).data() for row in shown))

    def clear(self) -> None:
        """Show no predictions."""
        self._model.set_rows(())

    def add_previews(self, previews: Sequence[Preview]) -> None:
        """Show predictions as they come."""
        self._model.add_rows([Row(p.key, p.text, p.confidence) for p in previews])
        self._show_label_column()

    def show_predictions(self, predictions: Sequence[Prediction]) -> None:
        """Show all predictions that there are, in the order of the table's sorting."""
        self._model.set_rows([Row(p.key, p.text, p.confidence) for p in predictions])
        self._show_label_column()

    def mark(self, key: str) -> None:
        """Mark the row of a sample that was shown elsewhere."""
        row = self._model.row_of(key)
        if row >= 0 and self._table.currentIndex().row() != row:
            self._marking = True
            self._table.setCurrentIndex(self._model.index(row, 0))
            self._marking = False

    # The widgets

    def _combo(self, name: str, title: str, tip: str) -> QComboBox:
        combo = named(QComboBox(), name, title, tip)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(8)
        return combo

    def _make_filter(self) -> tuple[QLineEdit, QComboBox]:
        edit = named(QLineEdit(), "predict.filter", "Filter", "Show only rows that hold this text")
        edit.setPlaceholderText("Filter")
        edit.setClearButtonEnabled(True)
        kind = self._combo("predict.kind", "Which predictions", "Show only some of the predictions")
        kind.addItems(list(KINDS))
        return edit, kind

    def _make_table(self) -> QTableView:
        table = named(QTableView(), "predict.table", "Predictions", "Click a row to show its sample")
        table.setModel(self._model)
        table.setItemDelegateForColumn(2, self._bars)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setAlternatingRowColors(True)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = as_rows(table)
        for column, mode in enumerate(
            (QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.Stretch, *[QHeaderView.ResizeMode.Interactive] * 2)
        ):
            header.setSectionResizeMode(column, mode)
        table.setColumnWidth(2, 62)
        table.setColumnWidth(3, 66)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
        return table

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Model", self._run)
        form.addRow("Predict", self._scope)
        buttons, filters = QHBoxLayout(), QHBoxLayout()
        buttons.addWidget(self._start, 1)
        buttons.addWidget(self._stop, 1)
        filters.addWidget(self._filter, 1)
        filters.addWidget(self._kind, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(form)
        layout.addLayout(buttons)
        layout.addWidget(self._progress)
        layout.addWidget(self._status)
        layout.addLayout(filters)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._accept)
        self._status.hide()

    def _connect(self) -> None:
        self._start.clicked.connect(self._ask_to_start)
        self._stop.clicked.connect(self.stop_requested)
        self._run.currentIndexChanged.connect(lambda _: self.run_chosen.emit(self.run))
        self._filter.textChanged.connect(self._narrow)
        self._kind.currentIndexChanged.connect(self._narrow)
        self._accept.clicked.connect(lambda: self.accept_requested.emit(self.marked_keys()))
        self._accept.setEnabled(False)
        self._table.clicked.connect(self._show_row)
        chosen = self._table.selectionModel()
        chosen.currentRowChanged.connect(self._note_row)
        chosen.selectionChanged.connect(lambda: self._accept.setEnabled(bool(self.marked_keys())))

    def _ask_to_start(self) -> None:
        if self.scope == FOLDER:
            self.folder = QFileDialog.getExistingDirectory(self, "Folder to predict", self.folder)
            if not self.folder:
                return
        self.start_requested.emit()

    def _narrow(self) -> None:
        self._model.narrow(self._filter.text(), self._kind.currentText())

    def _show_row(self, index: QModelIndex) -> None:
        key, told = self._model.key_at(index.row()), self._told
        self._told = ""
        if key != told:  # the press told already, unless the row was the current one before
            self.show_sample.emit(key)

    def _note_row(self, current: QModelIndex) -> None:
        if current.isValid() and not self._marking:
            self._told = self._model.key_at(current.row())
            self.show_sample.emit(self._told)
