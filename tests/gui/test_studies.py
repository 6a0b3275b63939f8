"""Cross-validation, search and distillation in the window: the dialogs, the jobs and what comes back."""

import csv
import json

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
)

from biofm_desktop.engine.events import Failed, Finished, Progress, Saved, Started, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import CrossValidateJob, DistillJob, TrainJob, TuneJob, job_from_json
from biofm_desktop.engine.jobs.cross_validate import summary
from biofm_desktop.engine.jobs.search_folder import read_search, searches
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.widgets.bar_delegate import SHARE
from biofm_desktop.gui.widgets.parallel_plot import Axis, Line, ParallelPlot
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.test_training import Runner

FOLDS = [{"dice": 0.8, "loss": 0.3}, {"dice": 0.6, "loss": 0.5}, {"dice": 0.7, "loss": 0.4}]


class Desk:
    """The training panel with its flow, and the dialog of one study."""

    area = ""

    def __init__(self, qtbot, project):
        self.runner = Runner()
        self.center = JobCenter(self.runner)
        self.panel, self.plots = TrainingPanel(), PlotsPanel()
        for widget in (self.panel, self.plots):
            qtbot.addWidget(widget)
        self.flow = TrainingFlow(self.panel, self.plots, self.center)
        self.flow.set_project(project)
        self.qtbot, self.project = qtbot, project
        self.failures, self.told = [], []
        self.flow.failed.connect(lambda *words: self.failures.append(words))
        self.flow.message.connect(self.told.append)

    def open(self, area):
        self.area = area
        self.panel.findChild(QAction, f"train.studies.{area}").trigger()
        return self

    @property
    def dialog(self):
        name = f"{self.area}.dialog"
        return next((w for w in QApplication.topLevelWidgets() if w.objectName() == name and w.isVisible()), None)

    def find(self, kind, name):
        found = self.dialog.findChild(kind, f"{self.area}.{name}")
        assert found is not None, name
        return found

    def click(self, name):
        self.find(QPushButton, name).click()

    def status(self):
        return self.find(QLabel, "status").text()

    def jobs(self, kind):
        return [(job, run) for job, run in self.runner.runs if isinstance(job, kind)]

    def start(self, kind):
        before = len(self.jobs(kind))
        self.click("start")
        self.wait(lambda: len(self.jobs(kind)) > before)
        return self.jobs(kind)[-1]

    def wait(self, condition):
        self.qtbot.waitUntil(condition, timeout=3000)

    def cells(self):
        table = self.find(QTableWidget, "table")
        return [
            [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
        ]


@pytest.fixture
def desk(qtbot, images_folder):
    project = Project.for_data([images_folder])
    made = Desk(qtbot, project)
    yield made
    if made.dialog is not None:
        made.dialog.close()
    made.center.close(save=False)
    project.close()


@pytest.fixture
def sequences(qtbot, tmp_path):
    path = tmp_path / "promoters.csv"
    rows = [f"{'ACGTTGCA' * 5},{'promoter' if n % 2 else 'other'},animal {n // 2}" for n in range(8)]
    path.write_text("sequence,label,animal\n" + "\n".join(rows) + "\n")
    project = Project.for_data([path])
    made = Desk(qtbot, project)
    yield made
    if made.dialog is not None:
        made.dialog.close()
    made.center.close(save=False)
    project.close()


def write_run(project, *, name="unet", task="semantic-segmentation", figure=0.9):
    folder = project.new_run_folder(name)
    card = {"task": task, "model": name, "parameters": 1_234_567, "task_values": {}, "fit": {"epochs": 2}}
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "metrics.json").write_text(json.dumps({"validation": {"dice": figure}, "epochs": 2}))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def write_trials(folder, job, rows):
    """Make the folder of a search as the engine leaves it; the best of the rows has its ``best.json``."""
    (folder / "job.json").write_text(json.dumps(job.to_json()))
    made = [
        {"trial": n, "state": state, "dice": figure, "seconds": 2.0, **values}
        for n, (state, figure, values) in enumerate(rows, 1)
    ]
    (folder / "trials.json").write_text(json.dumps({"metric": "dice", "trials": made}))
    done = [row for row in made if row["state"] == "done"]
    if done:
        best = max(done, key=lambda row: row["dice"])
        values = {name: best[name] for name in rows[0][2]}
        train = TrainJob(**job.plan, out=str(folder / "best"))
        given = {**train.to_json(), "fit_options": {**job.fit_options, **values}}
        (folder / "best.json").write_text(json.dumps(given))


TRIALS = [
    ("done", 0.7, {"learning_rate": 0.01, "batch_size": 8}),
    ("done", 0.9, {"learning_rate": 0.002, "batch_size": 16}),
    ("broken off", 0.4, {"learning_rate": 0.0001, "batch_size": 32}),
    ("failed", None, {"learning_rate": 0.02, "batch_size": 64}),
]
SEARCH = ("learning_rate=0.0001..0.02:log", "batch_size=8,16,32,64")


def search_job(project, folder, **more):
    given = {"task": "semantic-segmentation", "data": (str(project.folder),), "model": "unet", "out": str(folder)}
    return TuneJob(**{**given, "search": SEARCH, "trials": 4, "fit_options": {"epochs": 3}, **more})


# Cross-validation


def test_the_panel_s_choices_are_trained_once_for_each_fold_and_the_table_grows(desk, tmp_path, monkeypatch):
    desk.panel.findChild(QSpinBox, "train.options.epochs").setValue(7)
    desk.open("cross_validate")
    desk.find(QSpinBox, "folds").setValue(3)
    job, run = desk.start(CrossValidateJob)
    assert (job.folds, job.group, job.model, job.fit_options["epochs"]) == (3, "", "unet", 7)
    assert [row[:2] for row in desk.cells()] == [
        ["Fold 1", "learning, 0%"],
        ["Fold 2", "waiting"],
        ["Fold 3", "waiting"],
    ]
    assert not desk.find(QPushButton, "start").isEnabled()
    assert not desk.find(QPushButton, "copy").isEnabled()
    run.feed.put(Progress(500, 3000, "Fold 1 of 3: epoch 4 of 7"))
    desk.wait(lambda: desk.cells()[0][1] == "learning, 50%")
    assert "epoch 4 of 7" in desk.status()
    path = tmp_path / "metrics.json"
    for done in (1, 2, 3):
        path.write_text(json.dumps(summary(FOLDS[:done], 3)))
        run.feed.put(Saved(str(path), "metrics"))
        desk.wait(lambda done=done: sum(row[1] == "done" for row in desk.cells()) == done)
    assert desk.cells()[3][:3] == ["Mean ± spread", "of 3", "0.700 ± 0.100"]
    run.feed.put(Finished("Dice 0.700 ± 0.100 over 3 folds", result=summary(FOLDS, 3)))
    desk.wait(lambda: "over 3 folds" in desk.status())
    table = desk.find(QTableWidget, "table")
    assert [table.horizontalHeaderItem(n).text() for n in range(4)] == ["Fold", "State", "Dice", "Loss"]
    assert table.item(1, 2).data(SHARE) == 0.6
    desk.click("copy")
    assert QGuiApplication.clipboard().text().splitlines()[1] == "1\t0.8\t0.3"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "figures"), ""))
    desk.click("save")
    rows = list(csv.reader((tmp_path / "figures.csv").open()))
    assert rows[0] == ["fold", "dice", "loss"]
    assert rows[-2:] == [["mean", "0.7", "0.4"], ["sd", "0.1", "0.1"]]


def test_samples_with_the_same_cell_can_be_kept_together(sequences):
    sequences.open("cross_validate")
    combo = sequences.find(QComboBox, "group")
    sequences.wait(lambda: combo.findData("animal") >= 0)
    assert combo.itemText(combo.findData("animal")) == "Same value of animal (4 groups)"
    combo.setCurrentIndex(combo.findData("animal"))
    sequences.find(QSpinBox, "folds").setValue(2)
    job, _ = sequences.start(CrossValidateJob)
    assert (job.group, job.folds) == ("animal", 2)


def test_a_stopped_cross_validation_keeps_its_folds_also_when_the_dialog_was_closed(desk, tmp_path):
    desk.open("cross_validate")
    _, run = desk.start(CrossValidateJob)
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(summary(FOLDS[:2], 5)))
    run.feed.put(Saved(str(path), "metrics"))
    desk.wait(lambda: desk.cells()[1][1] == "done")
    desk.click("close")
    desk.wait(lambda: desk.dialog is None)
    desk.open("cross_validate")
    assert [row[1] for row in desk.cells()] == ["done", "done", "learning, 0%", "waiting", "waiting", "of 2"]
    desk.click("stop")
    assert run.wishes == ["stop"]
    desk.wait(lambda: desk.cells()[2][1] == "not trained")
    assert "Stopped" in desk.status()
    assert desk.find(QPushButton, "start").isEnabled()


def test_what_goes_wrong_is_told_in_the_dialog_and_once_to_the_window(desk):
    desk.open("cross_validate")
    _, run = desk.start(CrossValidateJob)
    run.feed.put(Failed("5 folds: the data have 3 samples to learn from"))
    desk.wait(lambda: "3 samples" in desk.status())
    assert len(desk.failures) == 1
    assert {row[1] for row in desk.cells()} == {"not trained"}


# Search


def test_what_is_ticked_is_searched_and_the_trials_come_as_they_end(desk):
    desk.open("search")
    options = desk.find(QTableWidget, "options")
    ticked = [options.item(n, 0).text() for n in range(options.rowCount()) if options.item(n, 0).checkState().value]
    assert ticked == ["Batch size", "Learning rate", "Weight decay"]
    options.item(2, 0).setCheckState(Qt.CheckState.Unchecked)
    options.item(0, 1).setText("8, 16,32,64")
    desk.find(QSpinBox, "trials").setValue(4)
    desk.find(QLineEdit, "minutes").setText("30")
    job, run = desk.start(TuneJob)
    assert job.search == ("batch_size=8, 16,32,64", "learning_rate=0.0001..0.02:log")
    assert (job.trials, job.minutes, job.model) == (4, 30.0, "unet")
    assert not options.isEnabled()
    folder = next(f for f in desk.project.runs() if str(f) == job.out)
    write_trials(folder, job, TRIALS[:1])
    run.feed.put(Started("Tune unet", 4))
    run.feed.put(Saved(str(folder / "trials.json"), "trials"))
    desk.wait(lambda: len(desk.cells()) == 1)
    write_trials(folder, job, TRIALS)
    run.feed.put(Saved(str(folder / "trials.json"), "trials"))
    desk.wait(lambda: len(desk.cells()) == 4)
    assert [row[:3] for row in desk.cells()] == [
        ["1", "done", "0.700"],
        ["2", "best", "0.900"],
        ["3", "broken off", "0.400"],
        ["4", "failed", ""],
    ]
    plot = desk.find(ParallelPlot, "plot")
    assert [axis.title for axis in plot.axes] == ["Batch size", "Learning rate", "Dice"]
    assert [line.best for line in plot.lines] == [False, True, False, False]
    run.feed.put(Finished("Best of 4 trials: dice 0.900"))
    desk.wait(lambda: "Best of 4" in desk.status())
    assert desk.find(QPushButton, "start").text() == "Go on"
    assert str(folder) == desk.find(QComboBox, "earlier").currentData()


def test_words_that_name_no_values_are_refused_before_a_folder_is_made(desk):
    desk.open("search")
    options = desk.find(QTableWidget, "options")
    options.item(1, 1).setText("fast")
    options.item(1, 1).setText("0..1:log")
    desk.click("start")
    assert "logarithmic" in desk.status()
    for row in range(options.rowCount()):
        options.item(row, 0).setCheckState(Qt.CheckState.Unchecked)
    desk.click("start")
    assert "at least one" in desk.status()
    assert desk.project.runs() == []


def test_an_earlier_search_is_shown_and_goes_on_as_it_was_asked_for(desk):
    folder = desk.project.new_run_folder("unet-search")
    write_trials(folder, search_job(desk.project, folder), TRIALS)
    desk.panel.findChild(QSpinBox, "train.options.epochs").setValue(9)
    desk.open("search")
    combo = desk.find(QComboBox, "earlier")
    assert "4 of 4 trials, best dice 0.900" in combo.itemText(1)
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert len(desk.cells()) == 4
    options = desk.find(QTableWidget, "options")
    assert [options.item(n, 1).text() for n in range(2)] == ["8,16,32,64", "0.0001..0.02:log"]
    assert not options.item(0, 0).flags() & Qt.ItemFlag.ItemIsUserCheckable
    desk.click("start")
    assert "give more" in desk.status()
    desk.find(QSpinBox, "trials").setValue(6)
    job, _ = desk.start(TuneJob)
    assert job == search_job(desk.project, folder, trials=6)


def test_a_folder_that_is_no_search_is_refused(desk, tmp_path, monkeypatch):
    desk.open("search")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    combo = desk.find(QComboBox, "earlier")
    combo.setCurrentIndex(combo.count() - 1)
    combo.activated.emit(combo.count() - 1)
    assert "not the folder of a search" in desk.status()
    assert combo.currentIndex() == 0


def test_train_with_the_best_fills_the_panel_and_starts(desk):
    folder = desk.project.new_run_folder("unet-search")
    job = search_job(desk.project, folder, freeze=("edges*",), task_options={"crop": 64})
    write_trials(folder, job, TRIALS)
    desk.open("search")
    assert not desk.find(QPushButton, "train").isEnabled()
    combo = desk.find(QComboBox, "earlier")
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    desk.click("train")
    desk.wait(lambda: bool(desk.jobs(TrainJob)))
    trained, _ = desk.jobs(TrainJob)[-1]
    assert (trained.model, trained.freeze) == ("unet", ("edges*",))
    assert (trained.fit_options["learning_rate"], trained.fit_options["batch_size"]) == (0.002, 16)
    assert (trained.fit_options["epochs"], trained.task_options["crop"]) == (3, 64)
    assert desk.panel.findChild(QSpinBox, "train.options.batch_size").value() == 16
    assert desk.panel.findChild(QSpinBox, "train.options.crop").value() == 64


def test_the_best_of_a_search_for_other_data_is_not_trained_with(sequences):
    folder = sequences.project.new_run_folder("unet-search")
    write_trials(folder, search_job(sequences.project, folder), TRIALS)
    sequences.open("search")
    combo = sequences.find(QComboBox, "earlier")
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    sequences.click("train")
    assert "does not fit" in sequences.status()
    assert not sequences.jobs(TrainJob)


def test_folders_that_are_broken_are_no_searches(desk, tmp_path):
    folder = desk.project.new_run_folder("unet-search")
    write_trials(folder, search_job(desk.project, folder), TRIALS[3:])
    with pytest.raises(Fault, match="no trial"):
        read_search(folder).best_training()
    (folder / "trials.json").write_text('{"metric": "dice", "trials": [{"trial": 1}]}')
    with pytest.raises(Fault, match="damaged"):
        read_search(folder)
    assert searches([folder, tmp_path]) == []


def test_a_line_is_told_under_the_pointer_and_marked_by_click_and_keys(qtbot):
    plot = ParallelPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    axes = [Axis("Rate", 1e-4, 1e-2, log=True), Axis("Batch", choices=(8, 16)), Axis("Figure", 0.2, 0.8)]
    plot.show_lines(axes, [Line(1, (1e-4, 8, 0.2), 0.0, "one"), Line(2, (1e-2, 16, 0.8), 1.0, "two", best=True)])
    assert axes[0].place(1e-3) == pytest.approx(0.5)
    assert (axes[1].place(16), axes[1].place(99), axes[0].place(0.0)) == (1.0, None, None)
    first = plot.axis_x(0)
    top, bottom = QPoint(round(first), 30), QPoint(round(first), plot.height() - 24)
    assert (plot.line_at(QPointF(top)), plot.line_at(QPointF(bottom)), plot.line_at(QPointF(first, 150))) == (2, 1, 0)
    with qtbot.waitSignal(plot.marked_changed):
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=bottom)
    assert plot.marked == 1
    qtbot.mouseMove(plot, top)
    qtbot.waitUntil(lambda: plot.hovered == 2, timeout=3000)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.marked == 2
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(first), 150))
    assert plot.marked == 0


def test_a_marked_row_is_a_marked_line_and_the_other_way_round(desk):
    folder = desk.project.new_run_folder("unet-search")
    write_trials(folder, search_job(desk.project, folder), TRIALS)
    desk.open("search")
    combo = desk.find(QComboBox, "earlier")
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    table, plot = desk.find(QTableWidget, "table"), desk.find(ParallelPlot, "plot")
    table.selectRow(2)
    assert plot.marked == 3
    plot.mark(1)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [0]


# Distillation


def test_a_run_of_the_project_teaches_and_the_student_is_a_run_like_any_other(desk):
    old, teacher = write_run(desk.project, figure=0.7), write_run(desk.project, name="unet-mobilenet-v2")
    desk.panel.findChild(QSpinBox, "train.options.epochs").setValue(4)
    desk.open("distill")
    combo = desk.find(QComboBox, "teacher")
    assert combo.itemText(0) == f"{teacher.name} (1,234,567 weights, dice 0.900)"
    assert combo.itemText(1).startswith(old.name)
    student = desk.find(QComboBox, "student")
    assert {student.itemData(n) for n in range(student.count())} == {"unet", "unet-mobilenet-v2"}
    desk.find(QLineEdit, "share").setText("0.9")
    desk.find(QLineEdit, "temperature").setText("3")
    job, run = desk.start(DistillJob)
    assert (job.teacher, job.model, job.share, job.temperature) == (str(teacher), "unet", 0.9, 3.0)
    assert job.fit_options["epochs"] == 4
    assert job_from_json(job.to_json()) == job
    assert desk.flow.handle.job == job  # its curves are drawn as it learns
    run.feed.put(Started("Distill", steps=20, epochs=2))
    run.feed.put(StepDone(5, 1, 0.4, 0.01))
    desk.wait(lambda: "step 5" in desk.status())
    for name in ("card.json", "metrics.json", "model.safetensors"):
        (desk.project.folder / "runs" / job.out.rsplit("/", 1)[-1] / name).write_bytes((teacher / name).read_bytes())
    with desk.qtbot.waitSignal(desk.flow.run_finished, timeout=3000):
        run.feed.put(Finished("Trained for 2 epochs"))
    desk.wait(lambda: "Trained for 2 epochs" in desk.status())
    runs = desk.panel.findChild(QComboBox, "train.runs")
    assert runs.findData(job.out) >= 0
    assert sum("Trained for 2 epochs" in words for words in desk.told) == 1


def test_a_run_of_elsewhere_can_teach_and_one_that_cannot_is_refused(desk, tmp_path, monkeypatch):
    desk.open("distill")
    desk.click("start")
    assert "Train a run" in desk.status()
    elsewhere = Project(tmp_path / "other", [], desk.project.dataset, None)
    fitting, other = write_run(elsewhere), write_run(elsewhere, name="lstm", task="sequence-classification")
    for folder, words in ((tmp_path, "not the folder of a finished run"), (other, "does not fit")):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, f=folder: str(f))
        desk.click("folder")
        assert words in desk.status()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(fitting))
    desk.click("folder")
    job, run = desk.start(DistillJob)
    assert job.teacher == str(fitting)
    run.feed.put(Failed("It cannot be opened"))
    desk.wait(lambda: desk.status() == "It cannot be opened")
    assert len(desk.failures) == 1


# All of them


@pytest.mark.parametrize("area", ["cross_validate", "search", "distill"])
def test_every_field_of_a_dialog_has_a_name_and_a_tip_and_the_dialog_goes_with_its_project(desk, area):
    desk.open(area)
    assert desk.dialog.height() <= 700
    for kind in (QAbstractButton, QComboBox, QTableWidget, ParallelPlot):
        for widget in desk.dialog.findChildren(kind):
            if widget.objectName().startswith(f"{area}."):
                assert widget.accessibleName(), widget.objectName()
                assert widget.toolTip(), widget.objectName()
    desk.flow.set_project(None)
    assert desk.dialog is None
    desk.open(area)
    assert desk.dialog is None
    assert "Open data" in desk.told[-1]
