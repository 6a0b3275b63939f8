"""Cross-validation: into how many folds, what stays together, and the figures of the folds as they come."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from biofm_desktop.engine.jobs import CrossValidateJob
from biofm_desktop.engine.jobs.cross_validate import as_csv
from biofm_desktop.gui.widgets.bar_delegate import SHARE, BarDelegate
from biofm_desktop.gui.widgets.named import named
from biofm_desktop.gui.widgets.options_form import OptionsForm
from biofm_desktop.gui.widgets.row_table import as_rows

from .study import StudyDialog

_AREA = "cross_validate"
_HINT = (
    "The training of the panel is done once for each fold, and judged on that fold's samples, which it has not seen. "
    "Mean and spread say how good it is, and how much that depends on which samples it saw. The test split is left "
    "alone."
)
_FIXED = 2


class CrossValidateDialog(StudyDialog):
    """Asks for the folds and shows a row for each; ``start_requested`` gives the number of folds and the column whose
    values stay together (empty: the groups of the data), ``save_requested`` the file for the figures. ``headline`` is
    the figure that stands first."""

    start_requested = Signal(int, str)
    save_requested = Signal(Path)

    def __init__(self, title: str, metric: str, parent: QWidget | None = None) -> None:
        super().__init__(_AREA, f"Cross-validation: {title}", parent)
        self._result: dict[str, Any] = {}
        self.headline, self._planned = metric, 0
        self._form = OptionsForm(CrossValidateJob, _AREA)
        self._groups = self._make_groups()
        self._bars = BarDelegate()
        self.table = self._make_table()
        self._copy = self.button("copy", "Copy", "Copy the figures, to be pasted into a spreadsheet")
        self._save = self.button("save", "Save as CSV …", "Save the figures of all folds, their mean and spread")
        self._copy.clicked.connect(self._copy_figures)
        self._save.clicked.connect(self._ask_file)
        self.lay_out(_HINT, [self._make_form(), self.table], self.table, (self._copy, self._save))
        self.show_result({})
        self.resize(760, 560)

    def ask(self) -> None:
        """Ask for the folds, where their number makes sense."""
        if self._form.check():
            self.start_requested.emit(self._form.values()["folds"], self._groups.currentData())

    def show_result(self, result: Mapping[str, Any], planned: int = 0, share: float | None = None) -> None:
        """Show the figures of the folds that are done, those that are to come, and mean and spread.

        ``result`` is what `cross_validate.summary` gives; ``share`` is how much of the fold under way is done (None:
        none is under way).
        """
        self._result = dict(result)
        folds = list(self._result.get("folds", ()))
        self._planned = planned or self._result.get("planned", 0)
        for button in (self._copy, self._save):
            button.setEnabled(bool(folds))
        names = self._names()
        self.table.setColumnCount(_FIXED + len(names))
        self.table.setHorizontalHeaderLabels(["Fold", "State", *(_title(name) for name in names)])
        self.table.setRowCount(self._planned + (1 if folds else 0))
        for row in range(self._planned):
            figures = folds[row] if row < len(folds) else {}
            state = "done" if figures else _standing(share if row == len(folds) else None, under_way=share is not None)
            self._fill(row, f"Fold {row + 1}", state, {n: f"{figures[n]:.3f}" for n in names if n in figures}, figures)
        if folds:
            mean, sd = self._result["mean"], self._result["sd"]
            words = {n: f"{mean[n]:.3f} ± {sd[n]:.3f}" for n in names if n in mean}
            self._fill(self._planned, "Mean ± spread", f"of {len(folds)}", words, mean, bold=True)

    def _names(self) -> list[str]:
        """Return the names of the figures: the task's own first."""
        known = list(self._result.get("mean", ())) or [self.headline]
        return sorted(known, key=lambda name: (name != self.headline, name == "loss"))

    def _fill(
        self,
        row: int,
        name: str,
        state: str,
        words: Mapping[str, str],
        figures: Mapping[str, float],
        *,
        bold: bool = False,
    ) -> None:
        for column, text in enumerate((name, state, *(words.get(n, "") for n in self._names()))):
            item = QTableWidgetItem(text)
            if bold:
                font = QFont(self.table.font())
                font.setBold(True)
                item.setFont(font)
            if column == _FIXED and self.headline in figures:
                item.setData(SHARE, min(1.0, max(0.0, figures[self.headline])))
            self.table.setItem(row, column, item)

    def _copy_figures(self) -> None:
        QGuiApplication.clipboard().setText(as_csv(self._result, "\t"))

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save figures", "cross-validation.csv", "Tables (*.csv)")
        if name:
            self.save_requested.emit(Path(name) if Path(name).suffix else Path(name + ".csv"))

    @property
    def text(self) -> str:
        """Return the figures as CSV."""
        return as_csv(self._result)

    @Slot(dict)
    def offer_groups(self, groups: Mapping[str, int]) -> None:
        """Offer what can stay together, as `groupings` gives it."""
        if stated := groups.get(""):
            self._groups.setItemText(0, f"Groups that the data name ({stated:,})")
        for name, count in groups.items():
            if name:
                self._groups.addItem(f"Same value of {name} ({count:,} groups)", name)
        self._groups.setEnabled(self._groups.count() > 1)

    def _make_groups(self) -> QComboBox:
        tip = "Samples of one group (a patient, a slide) are in one fold, so that none is judged by its own relatives"
        combo = named(QComboBox(), f"{_AREA}.group", "Keep together", tip)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(20)
        combo.addItem("Each sample stands alone", "")
        combo.setEnabled(False)
        return combo

    def _make_form(self) -> QWidget:
        asked = QWidget()
        line = QHBoxLayout(asked)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(18)
        line.addWidget(self._form, 1)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Keep together", self._groups)
        line.addLayout(form, 3)
        return asked

    def _make_table(self) -> QTableWidget:
        tip = "The figures of each fold on its samples, which the training did not see"
        table = named(QTableWidget(0, _FIXED), f"{_AREA}.table", "Figures by fold", tip)
        table.setItemDelegateForColumn(_FIXED, self._bars)
        table.setHorizontalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        table.setAlternatingRowColors(True)
        header = as_rows(table)
        header.setMinimumSectionSize(96)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        return table


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _standing(share: float | None, *, under_way: bool) -> str:
    if share is not None:
        return f"learning, {share:.0%}"
    return "waiting" if under_way else "not trained"
