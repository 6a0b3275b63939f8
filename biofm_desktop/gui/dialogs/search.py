"""The search for good options: what is tried, within which budget, and the trials as they end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHeaderView,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.jobs import TuneJob
from biofm_desktop.engine.jobs.search_folder import Search, Trial
from biofm_desktop.engine.jobs.search_space import Offer
from biofm_desktop.gui.theme import icon
from biofm_desktop.gui.widgets.bar_delegate import SHARE, BarDelegate
from biofm_desktop.gui.widgets.named import named
from biofm_desktop.gui.widgets.options_form import OptionsForm
from biofm_desktop.gui.widgets.parallel_plot import Axis, Line, ParallelPlot
from biofm_desktop.gui.widgets.row_table import as_rows
from biofm_desktop.gui.widgets.search_list import SearchList

from .study import StudyDialog

_HINT = (
    "Many trainings with the choices of the panel, each with other values of the ticked options; those without "
    "prospect are broken off. What was found stands when it is stopped, and a search goes on later with more trials."
)
_ASK_FOLDER = "?folder"
_COLUMNS = ("Trial", "State", "Figure", "Seconds")
_FIGURE = 2


class SearchDialog(StudyDialog):
    """Asks what is searched and shows the trials.

    ``start_requested`` gives the words of the search and the budget, ``search_chosen`` the folder of an earlier one
    (empty: a new one), ``train_requested`` that the best shall be trained.
    """

    start_requested = Signal(tuple, dict)
    search_chosen = Signal(str)
    train_requested = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__("search", f"Search for good options: {title}", parent)
        tip = "A new search, or an earlier one of this project that goes on"
        self._earlier = named(QComboBox(), "search.earlier", "Search", tip)
        self._earlier.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._earlier.setMinimumContentsLength(18)
        self.options = SearchList()
        self.budget = OptionsForm(TuneJob, "search")
        self.plot, self._bars = ParallelPlot(), BarDelegate()
        self.table = self._make_table()
        self._best = self.button(
            "train", "Train with the best", "Put the best options into the training panel and train"
        )
        self._earlier.activated.connect(lambda _: self._choose())
        self._best.clicked.connect(self.train_requested)
        self.plot.marked_changed.connect(self._mark_row)
        self.table.itemSelectionChanged.connect(self._mark_line)
        halves = self._halves()
        self.lay_out(_HINT, [halves], halves, (self._best,))
        self.show_search(None)
        self.resize(1120, 640)

    def ask(self) -> None:
        """Ask for the search, where its budget makes sense."""
        if self.budget.check():
            self.start_requested.emit(self.options.words(), self.budget.values())

    # What is shown

    def offer_searches(self, searches: Sequence[Search], chosen: Path | None = None) -> None:
        """Offer to go on with these."""
        self._earlier.clear()
        self._earlier.addItem("A new search", "")
        for search in reversed(searches):
            self._earlier.addItem(search.in_words(), str(search.folder))
            self._earlier.setItemData(self._earlier.count() - 1, str(search.folder), Qt.ItemDataRole.ToolTipRole)
        self._earlier.addItem("A folder …", _ASK_FOLDER)
        self._earlier.setCurrentIndex(max(0, self._earlier.findData(str(chosen))) if chosen else 0)
        self._name_start()

    def show_offers(self, offers: Sequence[Offer], words: Sequence[str] = (), *, fixed: bool = False) -> None:
        """Show what can be searched; see `SearchList.show_offers`."""
        self.options.show_offers(offers, words, fixed=fixed)

    def show_search(self, search: Search | None) -> None:
        """Show the trials of a search; None: there are none yet."""
        self._best.setEnabled(search is not None and search.best is not None)
        trials = search.trials if search else ()
        axes, lines = drawn(search) if search else ([], [])
        self.plot.show_lines(axes, lines)
        self._fill(search, trials)

    def _fill(self, search: Search | None, trials: Sequence[Trial]) -> None:
        space = search.space if search else ()
        metric = search.metric.replace("_", " ").capitalize() if search else _COLUMNS[_FIGURE]
        blocked = self.table.blockSignals(True)
        self.table.setColumnCount(len(_COLUMNS) + len(space))
        titles = [metric if name == "Figure" else name for name in _COLUMNS]
        self.table.setHorizontalHeaderLabels([*titles, *(dimension.spec.title for dimension in space)])
        self.table.setRowCount(len(trials))
        best = search.best if search else None
        for row, trial in enumerate(trials):
            self._fill_row(row, trial, [trial.values.get(d.name) for d in space], best=trial is best)
        self.table.blockSignals(blocked)
        self._mark_row(self.plot.marked)
        if trials and not self.plot.marked:
            self.table.scrollToBottom()

    def _fill_row(self, row: int, trial: Trial, values: Sequence[Any], *, best: bool) -> None:
        figure = "" if trial.figure is None else f"{trial.figure:.3f}"
        seconds = "" if trial.seconds is None else f"{trial.seconds:.0f}"
        texts = (str(trial.number), "best" if best else trial.state, figure, seconds, *map(_word, values))
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if best:
                font = self.table.font()
                font.setBold(True)
                item.setFont(font)
                if column == 1:
                    item.setIcon(icon("star"))
            if column == _FIGURE and trial.figure is not None:
                item.setData(SHARE, min(1.0, max(0.0, trial.figure)))
            self.table.setItem(row, column, item)

    def _mark_row(self, number: int) -> None:
        blocked = self.table.blockSignals(True)
        rows = [row for row in range(self.table.rowCount()) if self._number_at(row) == number]
        if rows:
            self.table.selectRow(rows[0])
            self.table.scrollTo(self.table.model().index(rows[0], 0))
        else:
            self.table.clearSelection()
        self.table.blockSignals(blocked)

    def _mark_line(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        self.plot.mark(self._number_at(rows[0].row()) if rows else 0)

    def _number_at(self, row: int) -> int:
        item = self.table.item(row, 0)
        return int(item.text()) if item is not None else 0

    def show_state(self, words: str, *, busy: bool, role: str = "") -> None:
        """Say how far it is; what is searched stays as it is meanwhile."""
        super().show_state(words, busy=busy, role=role)
        for widget in (self._earlier, self.options, self.budget):
            widget.setEnabled(not busy)
        self._name_start()

    def _name_start(self) -> None:
        goes_on = bool(self._earlier.currentData())
        self.start.setText("Go on" if goes_on else "Start")
        self.start.setAccessibleName(self.start.text())

    # The widgets

    def _choose(self) -> None:
        folder = self._earlier.currentData()
        if folder == _ASK_FOLDER:
            folder = QFileDialog.getExistingDirectory(self, "The folder of a search")
            self._earlier.setCurrentIndex(0)
        self.search_chosen.emit(folder or "")

    def _make_table(self) -> QTableWidget:
        table = named(
            QTableWidget(0, len(_COLUMNS)), "search.table", "Trials", "What was tried; a marked row is marked above"
        )
        table.setHorizontalHeaderLabels(list(_COLUMNS))
        table.setItemDelegateForColumn(_FIGURE, self._bars)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        table.setHorizontalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        table.setAlternatingRowColors(True)
        header = as_rows(table)
        header.setMinimumSectionSize(72)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        return table

    def _halves(self) -> QSplitter:
        left, column = QWidget(), QVBoxLayout()
        left.setLayout(column)
        column.setContentsMargins(0, 0, 8, 0)
        for part in (self._earlier, self.options, self.budget):
            column.addWidget(part, 1 if part is self.options else 0)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.plot)
        right.addWidget(self.table)
        right.setChildrenCollapsible(False)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setObjectName("search.halves")
        halves.addWidget(left)
        halves.addWidget(right)
        halves.setChildrenCollapsible(False)
        halves.setStretchFactor(1, 1)
        halves.setSizes([450, 630])
        return halves


def drawn(search: Search) -> tuple[list[Axis], list[Line]]:
    """Return the axes of a search, its figure the last, and a line for each trial."""
    figures = [trial.figure for trial in search.trials if trial.figure is not None]
    low, high = (min(figures), max(figures)) if figures else (0.0, 1.0)
    axes = [Axis(d.spec.title, d.low, d.high, d.log, d.choices) for d in search.space]
    axes.append(Axis(search.metric.replace("_", " ").capitalize(), low, high))
    best, lines = search.best, []
    for trial in search.trials:
        share = None if trial.figure is None else (trial.figure - low) / (high - low) if high > low else 1.0
        values = (*(trial.values.get(d.name) for d in search.space), trial.figure)
        figure = "" if trial.figure is None else f": {search.metric.replace('_', ' ')} {trial.figure:.3f}"
        parts = [f"{d.spec.title} {_word(trial.values.get(d.name))}" for d in search.space]
        words = "\n".join([f"Trial {trial.number}, {trial.state}{figure}", *parts])
        lines.append(Line(trial.number, values, share, words, trial.state != "done", trial is best))
    return axes, lines


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
