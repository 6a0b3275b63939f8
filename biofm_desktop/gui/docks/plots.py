"""The plots panel: how a run learns, live, beside earlier runs."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.events import Event
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_text
from biofm_desktop.engine.hints import Watcher
from biofm_desktop.gui.theme import icon, theme_bus, theme_colours
from biofm_desktop.gui.widgets.curve_plot import Curve, CurvePlot
from biofm_desktop.gui.widgets.hint_line import HintLine
from biofm_desktop.gui.widgets.named import named
from biofm_desktop.gui.widgets.run_curves import (
    GRADIENT,
    LOSS,
    MEMORY,
    RATE,
    SPEED,
    VALIDATION,
    RunCurves,
    as_table,
)

from .previews import PreviewsPage

STEPS, EPOCHS = "step", "epoch"


class PlotsPanel(QWidget):
    """Draws the losses, a metric and the learning rate of the run under way and of those that the user lays over.

    ``run_wanted`` asks for the curves of an earlier run (its folder, as text) to be given to `show_run`.
    """

    run_wanted = Signal(str)
    failed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[str, RunCurves] = {}
        self._live = ""
        self._earlier: dict[str, QAction] = {}
        self._loss = self._plot("train.plot", "Loss")
        self._figure = self._plot("train.plot_metric", "Metric", legend_below=True)
        self._rate = self._plot("train.plot_rate", "Learning rate")
        self._more = {
            GRADIENT: self._plot("train.plot_gradient", "Gradient norm"),
            SPEED: self._plot("train.plot_speed", "Samples a second"),
            MEMORY: self._plot("train.plot_memory", "Memory (GB)"),
        }
        self._plots = (self._loss, self._figure, self._rate, *self._more.values())
        self._watcher, self._dismissed = Watcher(), set[str]()
        self._hints, self.previews = HintLine(), PreviewsPage()
        self._hints.dismissed.connect(self._dismiss)
        self._tabs = self._make_tabs()
        self._axis, self._metric, self._log, self._smooth = self._make_controls()
        self._over, self._save = self._make_menus()
        self._lay_out()
        theme_bus().changed.connect(self._colour)
        self._colour()

    # What is drawn

    def begin_run(self, key: str, title: str, curves: RunCurves | None = None) -> None:
        """Draw a run that begins now, or goes on after these ``curves``; `take` gives its events.

        Runs laid over stay.
        """
        self._runs.pop(self._live, None)
        if self._live in self._earlier:
            self._earlier[self._live].setChecked(False)
        self._live = key
        self._runs[key] = RunCurves(title) if curves is None else curves
        self._watcher, self._dismissed = Watcher(), set()
        self._show_hints()
        self._offer_metrics()
        self._fit()
        self._arrange()

    def take(self, events: Sequence[Event], of: str = "") -> None:
        """Add events of the run under way; those ``of`` a run that is no longer the one shown are left out."""
        if self._live in self._runs and of in ("", self._live):
            if self._watcher.take(events):
                self._show_hints()
            run = self._runs[self._live]
            before = set(run.curves), len(run.marks), run.epochs_per_step
            run.take(events)
            if before != (set(run.curves), len(run.marks), run.epochs_per_step):
                self._offer_metrics()
                self._arrange()
            else:
                self._extend()

    def show_run(self, key: str, curves: RunCurves, *, alone: bool = False) -> None:
        """Draw a run that is over, beside the others or alone."""
        if alone:
            self.clear()
            self._live = key
        self._runs[key] = curves
        if key in self._earlier:
            self._earlier[key].setChecked(True)
        self._offer_metrics()
        self._fit()
        self._arrange()

    def hide_run(self, key: str) -> None:
        """Draw a run no longer."""
        self._runs.pop(key, None)
        self._arrange()

    def set_runs(self, runs: Sequence[Path]) -> None:
        """Offer these folders of finished runs for laying over; those no longer named disappear."""
        menu = self._over.menu()
        gone = set(self._earlier) - {str(folder) for folder in runs}
        menu.clear()
        self._earlier.clear()
        for folder in runs:
            action = menu.addAction(folder.name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(str(folder) in self._runs)
            action.triggered.connect(lambda on, key=str(folder): self._toggle(key, on))
            self._earlier[str(folder)] = action
        self._over.setEnabled(bool(runs))
        for key in gone & set(self._runs):
            self.hide_run(key)

    def clear(self) -> None:
        """Draw nothing."""
        self._runs.clear()
        self._live = ""
        for action in self._earlier.values():
            action.setChecked(False)
        self._arrange()

    def set_metric(self, name: str) -> None:
        """Draw this figure of each epoch in the metric's plot."""
        if self._metric.findText(name) >= 0:
            self._metric.setCurrentText(name)

    def save_picture(self, path: Path) -> None:
        """Write the plot in front as PNG or SVG; raise `Fault` where the disk does not let us."""
        plot = self._tabs.currentWidget()
        assert isinstance(plot, CurvePlot | PreviewsPage)
        plot.save_picture(path)

    def save_data(self, path: Path) -> None:
        """Write all points of all drawn runs as CSV; raise `Fault` where the disk does not let us."""
        write_text(path, as_table(self._runs.values()), room="export")

    # How it is drawn

    def _arrange(self) -> None:
        """Decide which curves each plot has; called when runs, axis, smoothing or colours change."""
        loss, figure, rate = list[Curve](), list[Curve](), list[Curve]()
        more: dict[str, list[Curve]] = {name: [] for name in self._more}
        several = len(self._runs) > 1
        self._figure.set_y_title(self._metric.currentText().replace("_", " ") or "Metric")
        for place, (key, run) in enumerate(sorted(self._runs.items(), key=lambda pair: pair[0] != self._live)):
            colours = theme_colours().curves
            first = colours[0] if place == 0 else colours[(place + 1) % len(colours)]
            second = first if several else colours[1]
            train, validation = (run.title, "") if several else ("train", "validation")
            self._add(loss, run, key, LOSS, train, first)
            self._add(loss, run, key, VALIDATION, validation, second, dots=True, dashed=several)
            self._add(figure, run, key, self._metric.currentText(), run.title, second, dots=True)
            self._add(rate, run, key, RATE, run.title, first, smooth=False)
            for name, curves in more.items():
                self._add(curves, run, key, name, run.title, first, smooth=name == GRADIENT)
        for plot, curves in zip(self._plots, (loss, figure, rate, *more.values())):
            plot.show_curves(curves, "Epoch" if self._by_epoch() else "Step")
        self._mark()

    def _add(
        self,
        to: list[Curve],
        run: RunCurves,
        key: str,
        quantity: str,
        name: str,
        colour: str,
        *,
        dots: bool = False,
        dashed: bool = False,
        smooth: bool = True,
    ) -> None:
        if quantity not in run.curves:
            return
        per_x = run.epochs_per_step if self._by_epoch() else 1.0
        weight = self._weight() if smooth and not dots else 0.0
        if weight:
            to.append(Curve(f"{key}/{quantity}/raw", "", run.curves[quantity], colour, per_x, faint=True))
        points = run.smoothed(quantity, weight)
        to.append(Curve(f"{key}/{quantity}", name, points, colour, per_x, dashed=dashed, dots=dots))

    def _mark(self) -> None:
        """Show in every plot where the run in front was changed."""
        run = self._runs.get(self._live)
        per_x = run.epochs_per_step if run and self._by_epoch() else 1.0
        marks = [(step * per_x, f"After step {step}: {words}") for step, words in run.marks.items()] if run else []
        for plot in self._plots:
            plot.show_marks(marks)

    def _show_hints(self) -> None:
        told = [hint for hint in self._watcher.hints() if hint.kind not in self._dismissed]
        looks = self._tabs.currentWidget() is self.previews  # they need the room, and the hints are of curves
        self._hints.show_hints([] if looks else told)

    def _dismiss(self, kind: str) -> None:
        self._dismissed.add(kind)
        self._show_hints()

    def _extend(self) -> None:
        """Take up the latest points: smoothed curves are their own, the others grow by themselves."""
        run = self._runs[self._live]
        if self._weight():
            for name in (LOSS, GRADIENT):
                if name in run.curves:
                    run.smoothed(name, self._weight())
        for plot in self._plots:
            plot.refresh()

    def _by_epoch(self) -> bool:
        return self._axis.currentData() == EPOCHS and all(run.epochs_per_step for run in self._runs.values())

    def _weight(self) -> float:
        """Return how much of an average is the past: the slider is finer towards its end."""
        return float(round(1 - 10 ** (-self._smooth.value() / 40), 4))

    def _offer_metrics(self) -> None:
        names = list(dict.fromkeys(name for run in self._runs.values() for name in run.metrics))
        first = next((run.metric for run in self._runs.values() if run.metric in names), names[0] if names else "")
        chosen = self._metric.currentText() if self._metric.currentText() in names else first
        self._metric.blockSignals(True)
        self._metric.clear()
        self._metric.addItems(names)
        self._metric.setCurrentText(chosen)
        self._metric.blockSignals(False)
        self._metric.setEnabled(len(names) > 1)

    def _fit(self) -> None:
        for plot in self._plots:
            plot.fit_view()

    def _toggle(self, key: str, on: bool) -> None:
        if not on:
            self.hide_run(key)
        elif key not in self._runs:
            self.run_wanted.emit(key)

    # The widgets

    def _plot(self, name: str, title: str, *, legend_below: bool = False) -> CurvePlot:
        tip = "Drag to move, wheel to zoom; double click shows everything again"
        return named(CurvePlot(title, legend_below=legend_below), name, title, tip)

    def _make_tabs(self) -> QTabWidget:
        tabs = named(
            QTabWidget(),
            "plots.tabs",
            "Which figures to draw",
            "Loss, metric, learning rate, gradient, speed, memory, or pinned samples",
        )
        tabs.setDocumentMode(True)
        for plot, title in zip(self._plots, ("Loss", "Metric", "Rate", "Gradient", "Speed", "Memory")):
            tabs.addTab(plot, title)
        tabs.addTab(self.previews, "Pinned")
        return tabs

    def _make_controls(self) -> tuple[QComboBox, QComboBox, QCheckBox, QSlider]:
        axis = named(QComboBox(), "plots.axis", "Horizontal axis", "Count steps (batches) or epochs (passes)")
        axis.addItem("by step", STEPS)
        axis.addItem("by epoch", EPOCHS)
        metric = named(QComboBox(), "plots.metric", "Metric", "Which figure of each epoch the metric's plot shows")
        metric.setEnabled(False)
        log = named(QCheckBox("Log"), "plots.log", "Logarithmic scale", "Draw losses on a logarithmic scale")
        smooth = named(
            QSlider(Qt.Orientation.Horizontal), "plots.smoothing", "Smoothing", "How much to smooth the loss"
        )
        smooth.setRange(0, 80)
        smooth.setValue(20)
        smooth.setMinimumWidth(48)
        axis.currentIndexChanged.connect(self._change_axis)
        metric.currentIndexChanged.connect(self._arrange)
        for plot in (self._loss, self._more[GRADIENT]):
            log.toggled.connect(plot.set_log)
        smooth.valueChanged.connect(self._arrange)
        return axis, metric, log, smooth

    def _change_axis(self) -> None:
        self._fit()
        self._arrange()

    def _make_menus(self) -> tuple[QToolButton, QToolButton]:
        over = named(QToolButton(), "plots.runs", "Earlier runs", "Lay the curves of earlier runs over this one")
        save = named(QToolButton(), "plots.save", "Save", "Save the plot as a picture, or its points as a table")
        for button in (over, save):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setMenu(QMenu(button))
        over.setEnabled(False)
        for name, title, act in (
            ("plots.save_picture", "Save picture …", self._ask_picture),
            ("plots.save_data", "Save points as CSV …", self._ask_data),
        ):
            action = save.menu().addAction(title)
            action.setObjectName(name)
            action.triggered.connect(act)
        return over, save

    def _lay_out(self) -> None:
        corner = QWidget()
        buttons = QHBoxLayout(corner)
        buttons.setContentsMargins(0, 0, 4, 0)
        buttons.setSpacing(2)
        buttons.addWidget(self._over)
        buttons.addWidget(self._save)
        self._tabs.setCornerWidget(corner)
        line = QHBoxLayout()
        line.setContentsMargins(6, 0, 6, 4)
        line.addWidget(self._axis)
        line.addWidget(self._metric)
        line.addWidget(self._log)
        self._smooth_label = QLabel("Smooth")
        line.addWidget(self._smooth_label)
        line.addWidget(self._smooth, 1)
        line.addStretch(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tabs, 1)
        layout.addWidget(self._hints)
        layout.addLayout(line)
        self._tabs.currentChanged.connect(self._show_controls)
        self._show_controls(0)

    def _show_controls(self, tab: int) -> None:
        self._metric.setVisible(tab == 1)
        self._axis.setVisible(self._tabs.widget(tab) is not self.previews)
        for widget in (self._log, self._smooth_label, self._smooth):
            widget.setVisible(self._tabs.widget(tab) in (self._loss, self._more[GRADIENT]))
        self._show_hints()

    def _colour(self) -> None:
        self._over.setIcon(icon("chart-multiple"))
        self._save.setIcon(icon("content-save-outline"))
        self._arrange()

    def _ask_picture(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save picture", "training.png", "Pictures (*.png *.svg)")
        if name:
            self._try(self.save_picture, Path(name) if Path(name).suffix else Path(name + ".png"))

    def _ask_data(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save points", "training.csv", "Tables (*.csv)")
        if name:
            self._try(self.save_data, Path(name) if Path(name).suffix else Path(name + ".csv"))

    def _try(self, save: object, path: Path) -> None:
        try:
            save(path)  # type: ignore[operator]
        except Fault as fault:
            self.failed.emit(fault.message, fault.detail)
