"""The training panel: what to learn, with which model, and the buttons to start and end it."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.jobs import FitOptions
from biofm_desktop.engine.jobs.earlier_runs import Earlier
from biofm_desktop.engine.models import ModelEntry
from biofm_desktop.engine.tasks import Task
from biofm_desktop.gui.theme import icon, theme_bus
from biofm_desktop.gui.widgets.data_buttons import DataButtons
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip
from biofm_desktop.gui.widgets.options_form import OptionsForm
from biofm_desktop.gui.widgets.start_from import StartFrom
from biofm_desktop.gui.widgets.study_button import StudyButton

#: Where a row keeps what it is in words, and a row of the models the folder of the pre-training that it is.
_HELP, _FOLDER = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2


class TrainingPanel(QWidget):
    """Says what the user wants trained, and shows how far a training is; knows no job."""

    task_changed = Signal(str)
    model_changed = Signal(str)
    options_changed = Signal()
    freeze_requested = Signal()
    start_requested = Signal()
    background_requested = Signal()
    pause_requested = Signal()
    stop_requested = Signal()
    command_requested = Signal()
    leaks_requested = Signal()
    run_chosen = Signal(str)
    continue_requested = Signal(str, int)
    change_requested = Signal()
    checkpoints_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task = self._combo("train.task", "Task", "What the model shall learn")
        self._model = self._combo("train.model", "Model", "Which network learns it")
        self.start_from = StartFrom()
        self._help = plain_label()
        self._help.setProperty("role", "faint")
        self._freeze = named(
            QPushButton("Choose layers …"), "train.freeze", "Choose layers", "Choose which layers are trained (frozen)"
        )
        self._frozen = named(plain_label(), "train.frozen", "Trained layers", "How much of the model is trained")
        tip = "Look for samples that are equal or nearly so in training and in validation or test, and name them"
        self._leaks = named(QPushButton("Check for leaks …"), "train.leaks", "Check for leaks", tip)
        self.data_buttons, self.studies = DataButtons(), StudyButton()
        self.fit_form = OptionsForm(FitOptions, "train.options")
        self.task_form: OptionsForm | None = None
        self._options = self._make_options()
        self._start, self._pause, self._stop, self._command = self._make_buttons()
        tip = "Go on with a training that was stopped or broke off, or let one learn for longer"
        self._continue = named(QToolButton(), "train.continue", "Go on with a training", tip)
        self._continue.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._continue.setMenu(QMenu(self._continue))
        tip = "Change the learning rate or the number of epochs of the training under way (layers: Choose layers)"
        self._change = named(QToolButton(), "train.change", "Change the training under way", tip)
        self._change.setEnabled(False)
        tip = "Train in the background: it goes on when the window is closed, and the next start finds it again"
        self._background = named(QToolButton(), "train.background", "Train in the background", tip)
        self._to_go_on: list[tuple[str, str, int]] = []
        self._progress = named(QProgressBar(), "train.progress", "Progress", "How much of the training is done")
        self._progress.setTextVisible(False)
        self._status = named(plain_label(), "train.status", "Training status", "What the training is doing")
        self._runs = self._combo("train.runs", "Earlier runs", "Show the curves of an earlier run in the plots")
        tip = "Checkpoints of the chosen run (else the latest): look at them, compare, go back to one, delete"
        self._checkpoints = named(QToolButton(), "train.checkpoints", "Checkpoints", tip)
        self._lay_out()
        self._connect()
        self.show_start(ready=False, queue=False)
        self.show_state("empty")

    # What the user chose

    @property
    def task(self) -> str:
        """Return the name of the chosen task (empty: none fits)."""
        return self._task.currentData() or ""

    @property
    def model(self) -> str:
        """Return the name of the chosen model (empty: none fits)."""
        return self._model.currentData() or ""

    @property
    def pretrained(self) -> str:
        """Return the folder of the pre-training that is chosen among the models (empty: none)."""
        return self._model.currentData(_FOLDER) or ""

    def no_pretrained(self, weights: str) -> str:
        """Return these weights, or none where they are a pre-training's, which is a model of its own to choose."""
        folders = {self._model.itemData(n, _FOLDER) for n in range(self._model.count())}
        return "" if weights in folders else weights

    @property
    def weights(self) -> str:
        """Return the weights to start from as a training job takes them."""
        return self.start_from.weights

    def choose_weights(self, weights: str) -> None:
        """Choose these weights: a file, a run folder, ``download``, or empty for none."""
        self.start_from.choose(weights)

    # What is offered

    def offer_tasks(self, tasks: Sequence[type[Task]], chosen: str = "") -> None:
        """Offer these tasks, one of them chosen."""
        self._fill(self._task, [(task.title, task.name, task.help) for task in tasks], chosen)

    def offers_task(self, name: str) -> bool:
        """Say whether a task is among those offered."""
        return self._task.findData(name) >= 0

    def choose_task(self, name: str) -> None:
        """Choose a task that is offered, with the model and the options that it was trained with last."""
        self._task.blockSignals(True)
        self._task.setCurrentIndex(self._task.findData(name))
        self._task.blockSignals(False)
        self.task_changed.emit(self.task)

    def offer_models(
        self, models: Sequence[ModelEntry], chosen: str = "", pretrained: Sequence[Earlier] = (), weights: str = ""
    ) -> None:
        """Offer these models and what was pre-trained of them, one chosen: that of ``weights``, where it is one."""
        rows, folders = list[tuple[str, str, str]](), list[str]()
        for entry in models:
            mine = [run for run in pretrained if run.model == entry.name]
            rows.append((entry.title, entry.name, entry.help))
            rows += [(f"{entry.title}, pre-trained: {run.folder.name}", entry.name, _card(run)) for run in mine]
            folders += ["", *(str(run.folder) for run in mine)]
        self._fill(self._model, rows, chosen)
        for place, folder in enumerate(folders):
            self._model.setItemData(place, folder, _FOLDER)
        self._show_start(weights)

    def set_task_options(self, kind: type[Task] | None) -> None:
        """Show the options of this task."""
        if self.task_form is not None:
            self._task_place.removeWidget(self.task_form)
            self.task_form.deleteLater()
            self.task_form.setParent(None)
        self.task_form = OptionsForm(kind, "train.options") if kind else None
        if self.task_form is not None:
            self._task_place.addWidget(self.task_form)
            self.task_form.changed.connect(self.options_changed)

    def offer_runs(self, runs: Sequence[Path], chosen: str = "") -> None:
        """Offer the folders of finished runs, the latest first."""
        rows = [(folder.name, str(folder), str(folder)) for folder in reversed(runs)]
        self._fill(self._runs, [("Earlier runs …", "", "")] * bool(rows) + rows, chosen)
        self._runs.setVisible(bool(rows))
        self._checkpoints.setVisible(bool(rows))

    def offer_continuing(self, runs: Sequence[tuple[str, str, int]]) -> None:
        """Offer to go on with these runs: what to say, the folder, and how many more epochs."""
        self._to_go_on = list(runs)
        menu = self._continue.menu()
        menu.clear()
        for words, folder, epochs in runs:
            action = menu.addAction(words.replace("&", "&&"))
            action.triggered.connect(lambda _=False, f=folder, n=epochs: self.continue_requested.emit(f, n))

    # What is shown

    def show_frozen(self, words: str) -> None:
        """Say how much of the model is trained."""
        self._frozen.setText(words)

    def show_state(self, state: str) -> None:
        """Enable what makes sense: ``empty`` (nothing to train), ``ready``, ``waiting``, ``starting``, ``running``,
        ``paused`` or ``stopping``."""
        under_way = state in ("waiting", "starting", "running", "paused", "stopping")
        self._pause.setEnabled(state in ("running", "paused"))
        self._pause.setText("Resume" if state == "paused" else "Pause")
        self._pause.setAccessibleName(self._pause.text())
        self._stop.setEnabled(under_way and state != "stopping")
        self._command.setEnabled(state != "empty")
        self._continue.setEnabled(state in ("ready", "empty") and bool(self._to_go_on))
        self._change.setEnabled(state in ("running", "paused"))
        self._freeze.setEnabled(state != "empty")
        self._progress.setVisible(under_way)
        if state in ("empty", "ready"):
            self.show_progress(0.0)

    def show_start(self, *, ready: bool, queue: bool) -> None:
        """Say whether a training can be asked for (``ready``), and that it is queued behind others (``queue``)."""
        self._start.setEnabled(ready)
        self._background.setEnabled(ready)
        tip = "Start training with these choices"
        if queue:
            tip = "Let a training with these choices begin when those before it have ended (see the Jobs panel)"
        self._start.setText("Queue" if queue else "Start")
        self._start.setAccessibleName("Add to the queue" if queue else "Start training")
        self._start.setToolTip(tip)

    def show_leak_check(self, *, ready: bool) -> None:
        """Say whether the splits can be checked for leaks now."""
        self._leaks.setEnabled(ready)

    def show_status(self, words: str, role: str = "") -> None:
        """Say what the training is doing; ``role`` may be ``error`` or ``good``."""
        self._status.setText(words)
        if self._status.property("role") != role:
            self._status.setProperty("role", role)
            self._status.style().unpolish(self._status)
            self._status.style().polish(self._status)

    def show_progress(self, share: float | None) -> None:
        """Show how much is done, from 0 to 1 (None: not known)."""
        self._progress.setRange(0, 0 if share is None else 1000)
        self._progress.setValue(round(1000 * (share or 0.0)))

    def check(self) -> bool:
        """Mark options that are wrong; say whether all are well."""
        forms = [form for form in (self.fit_form, self.task_form) if form is not None]
        return all([form.check() for form in forms])  # noqa: C419 - every form marks its own

    # The widgets

    def _combo(self, name: str, title: str, tip: str) -> QComboBox:
        combo = named(QComboBox(), name, title, tip)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(8)
        return combo

    def _fill(self, combo: QComboBox, rows: Sequence[tuple[str, str, str]], chosen: str) -> None:
        combo.blockSignals(True)
        combo.clear()
        for title, name, tip in rows:
            combo.addItem(title, name)
            combo.setItemData(combo.count() - 1, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
            combo.setItemData(combo.count() - 1, tip, _HELP)
        combo.setCurrentIndex(max(0, combo.findData(chosen)) if rows else -1)
        combo.blockSignals(False)
        combo.view().setMinimumWidth(combo.view().sizeHintForColumn(0))  # names of runs are told apart by their end
        combo.setEnabled(len(rows) > 0)
        combo.setPlaceholderText("" if rows else "None fits these data")
        self._show_help()

    def _make_options(self) -> QWidget:
        options = named(QWidget(), "train.options", "Options", "How to train")
        layout = QVBoxLayout(options)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._task_place = QVBoxLayout()
        layout.addWidget(self._rule())
        layout.addLayout(self._task_place)
        layout.addWidget(self._rule())
        layout.addWidget(self.fit_form)
        return options

    def _rule(self) -> QFrame:
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        return line

    def _make_buttons(self) -> tuple[QPushButton, QPushButton, QPushButton, QToolButton]:
        start = named(QPushButton("Start"), "train.start", "Start training", "Start training with these choices")
        start.setProperty("primary", True)
        pause = named(QPushButton("Pause"), "train.pause", "Pause", "Let the training wait, or go on")
        stop = named(QPushButton("Stop"), "train.stop", "Stop", "End the training and keep what it learnt so far")
        tip = "Copy the command line that trains the same model without a window"
        return start, pause, stop, named(QToolButton(), "train.copy_command", "Copy as command", tip)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(5)
        form.addRow("Task", self._task)
        form.addRow("Model", self._model)
        form.addRow(self._help)
        form.addRow("Start from", self.start_from)
        form.addRow("Layers", self._freeze)
        form.addRow(self._frozen)
        form.addRow("Splits", self._leaks)
        form.addRow("Data", self.data_buttons)
        form.addRow("Studies", self.studies)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(form)
        column.addWidget(self._options)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("train.scroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(140)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scroll, 1)
        outer.addWidget(self._rule())
        outer.addLayout(self._foot())

    def _foot(self) -> QVBoxLayout:
        """Return what stays in view however far one scrolls: the buttons and what the training is doing."""
        buttons = QHBoxLayout()
        buttons.setSpacing(5)
        for button in (self._start, self._pause, self._stop):
            button.setMinimumWidth(40)
            buttons.addWidget(button, 1)
        buttons.addWidget(self._change)
        more = QHBoxLayout()
        more.setSpacing(5)
        more.addWidget(self._runs, 1)
        more.addStretch(0)
        for small in (self._checkpoints, self._background, self._continue, self._command):
            more.addWidget(small)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 8, 8, 8)
        foot.setSpacing(6)
        foot.addLayout(buttons)
        self._progress.setFixedHeight(8)
        for widget in (self._progress, self._status):
            foot.addWidget(widget)
        foot.addLayout(more)
        return foot

    def _connect(self) -> None:
        self._task.currentIndexChanged.connect(lambda _: self.task_changed.emit(self.task))
        self._model.currentIndexChanged.connect(self._note_model)
        self.start_from.changed.connect(self._show_start)
        self._runs.activated.connect(lambda _: self.run_chosen.emit(self._runs.currentData()))
        self._freeze.clicked.connect(self.freeze_requested)
        self._leaks.clicked.connect(self.leaks_requested)
        self._start.clicked.connect(self.start_requested)
        self._background.clicked.connect(self.background_requested)
        self._pause.clicked.connect(self.pause_requested)
        self._stop.clicked.connect(self.stop_requested)
        self._command.clicked.connect(self.command_requested)
        self._change.clicked.connect(self.change_requested)
        self._checkpoints.clicked.connect(lambda: self.checkpoints_requested.emit(self._run_at()))
        self.fit_form.changed.connect(self.options_changed)
        theme_bus().changed.connect(self._colour)
        self._colour()

    def _run_at(self) -> str:
        """Return the run that is chosen below, else the latest."""
        return self._runs.currentData() or (self._runs.itemData(1) if self._runs.count() > 1 else "") or ""

    def _note_model(self) -> None:
        self._show_help()
        self.model_changed.emit(self.model)

    def _show_start(self, weights: str) -> None:
        """Let the list of models say whether the chosen one starts from a pre-training that it offers."""
        if self.pretrained == weights or not self.model:
            return
        same = [n for n in range(self._model.count()) if self._model.itemData(n) == self.model]
        place = next((n for n in same if self._model.itemData(n, _FOLDER) == weights), same[0])
        self._model.blockSignals(True)
        self._model.setCurrentIndex(place)
        self._model.blockSignals(False)
        self._show_help()

    def _show_help(self) -> None:
        for combo in (self._task, self._model):
            tip = combo.currentData(Qt.ItemDataRole.ToolTipRole)
            combo.setToolTip(tip or combo.accessibleName())
        words = self._model.currentData(_HELP) or ""
        self._help.setText(words)
        self._help.setVisible(bool(words))

    def _colour(self) -> None:
        self._command.setIcon(icon("content-copy"))
        self._change.setIcon(icon("tune-variant"))
        self._checkpoints.setIcon(icon("layers-triple-outline"))
        self._background.setIcon(icon("monitor-off"))
        self._continue.setIcon(icon("play-box-multiple-outline"))


def _card(run: Earlier) -> str:
    return "\n".join(part for part in (f"{run.learnt}. {run.card}", run.figure) if part)
