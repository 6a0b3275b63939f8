"""The checkpoints of a run: look at them, let one predict, compare two, go back to one, delete some."""

import time
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs.checkpoint_list import Checkpoint, Difference, checkpoints_of, compare, delete, use
from biofm_desktop.engine.models.memory import as_text
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.row_table import as_rows
from biofm_desktop.gui.workers.call_worker import CallWorker

COLUMNS = ("Epoch", "Validation loss", "Figure", "Size", "Time", "")
_LAYERS = 6


class CheckpointsDialog(QDialog):
    """Shows what a run folder keeps. ``show_wanted`` asks for the shown sample's prediction with an epoch's weights,
    ``changed`` says that the run predicts with other weights now."""

    show_wanted = Signal(str, int)
    changed = Signal(str)

    def __init__(self, folder: Path, metric: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder, self._metric = folder, metric
        self._kept: list[Checkpoint] = []
        self.setObjectName("checkpoints.dialog")
        self.setWindowTitle(f"Checkpoints of {folder.name}")
        self._table = self._make_table()
        self._words = named(plain_label(), "checkpoints.words", "What the marked checkpoints are", "Of those marked")
        buttons = QHBoxLayout()
        self._show = self._button("show", "Show prediction", "Predict the sample on view with the marked checkpoint")
        self._compare = self._button("compare", "Compare", "Say how two marked checkpoints differ")
        self._use = self._button("use", "Use this one", "Let the run predict with it from now on; the others stay")
        self._delete = self._button("delete", "Delete …", "Delete the marked checkpoints to free room on the disk")
        close = named(QPushButton("Close"), "checkpoints.close", "Close", "Close this window")
        for button in (self._show, self._compare, self._use, self._delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._words)
        layout.addLayout(buttons)
        self._show.clicked.connect(lambda: self.show_wanted.emit(str(self._folder), self._marked()[0].epoch))
        self._compare.clicked.connect(self._ask_difference)
        self._use.clicked.connect(lambda: self._do(lambda: use(self._folder, self._marked()[0].epoch)))
        self._delete.clicked.connect(self._ask_delete)
        close.clicked.connect(self.accept)
        self._table.itemSelectionChanged.connect(self._enable)
        self.resize(660, 380)
        self.read()

    def read(self) -> None:
        """Show what the folder keeps now."""
        try:
            self._kept = checkpoints_of(self._folder)
        except Fault as fault:
            self._kept = []
            self._words.setText(fault.message)
        self._table.setRowCount(len(self._kept))
        for row, each in enumerate(self._kept):
            figure = each.metrics.get(self._metric, next(iter(each.metrics.values()), None))
            marks = [word for word, holds in (("best", each.best), ("in use", each.used)) if holds]
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.time))
            cells = (str(each.epoch), _number(each.loss), _number(figure), as_text(each.size), when, ", ".join(marks))
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column < 4:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._table.setItem(row, column, item)
        self._enable()

    def _make_table(self) -> QTableWidget:
        table = named(QTableWidget(0, len(COLUMNS)), "checkpoints.table", "Checkpoints", "One row for each epoch kept")
        title = self._metric.replace("_", " ").capitalize() or "Figure"
        table.setHorizontalHeaderLabels([title if name == "Figure" else name for name in COLUMNS])
        as_rows(table)
        table.setSelectionMode(QTableWidget.SelectionMode.ExtendedSelection)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        return table

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = named(QPushButton(text), f"checkpoints.{name}", text.removesuffix(" …"), tip)
        button.setAutoDefault(False)
        return button

    def _marked(self) -> list[Checkpoint]:
        rows = sorted(index.row() for index in self._table.selectionModel().selectedRows())
        return [self._kept[row] for row in rows]

    def _enable(self) -> None:
        marked = self._marked()
        self._show.setEnabled(len(marked) == 1)
        self._compare.setEnabled(len(marked) == 2)
        self._use.setEnabled(len(marked) == 1 and not marked[0].used)
        self._delete.setEnabled(bool(marked) and not any(each.best or each.used for each in marked))
        if not self._kept:
            self._words.setText(self._words.text() or "This run keeps no checkpoints (option Keep checkpoints).")
        elif len(marked) == 1:
            figures = {"training loss": marked[0].train_loss, "validation loss": marked[0].loss, **marked[0].metrics}
            told = [f"{n.replace('_', ' ')} {v:.4g}" for n, v in figures.items() if v is not None]
            self._words.setText(f"Epoch {marked[0].epoch}: {', '.join(told)}")
        else:
            self._words.setText("Mark one to see its figures, two to compare them.")

    def _ask_difference(self) -> None:
        first, second = self._marked()
        worker = CallWorker(lambda: compare(self._folder, first.epoch, second.epoch))
        worker.returned.connect(self._tell_difference)
        worker.failed.connect(lambda words, _: self._words.setText(words))
        self._words.setText("Comparing …")
        worker.begin()

    def _tell_difference(self, found: Difference) -> None:
        one, two = found.first, found.second
        names = [name for name in one.metrics if name in two.metrics]
        figures = [f"{name.replace('_', ' ')} {one.metrics[name]:.4g} → {two.metrics[name]:.4g}" for name in names]
        moved = sorted(found.layers.items(), key=lambda pair: -pair[1])[:_LAYERS]
        layers = ", ".join(f"{name} {share:.1%}" for name, share in moved if share > 0) or "none"
        self._words.setText(
            f"Epoch {one.epoch} → {two.epoch}: {'; '.join(figures)}.\nWeights that differ most: {layers}"
        )

    def _ask_delete(self) -> None:
        marked = self._marked()
        epochs = [each.epoch for each in marked]
        box = QMessageBox(self)
        box.setObjectName("checkpoints.sure")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(f"Delete the checkpoints of {len(marked)} epochs? This cannot be undone.")
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel)
        box.accepted.connect(lambda: self._do(lambda: delete(self._folder, epochs)))
        box.finished.connect(box.deleteLater)
        box.open()

    def _do(self, act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except Fault as fault:
            self._words.setText(fault.message)
            return
        self.read()
        self.changed.emit(str(self._folder))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
