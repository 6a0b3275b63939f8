"""The training panel and what becomes of the user's choices."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox, QToolButton, QTreeView

from biofm_desktop.engine.events import EpochDone, Failed, Finished, Started, StepDone, Warned, to_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, DescribeJob, TrainJob
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.run_status import RunStatus, duration
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.widgets.curve_plot import CurvePlot
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.job_fakes import FakeRun, FakeRunner

ROWS = [
    {
        "name": "body.0",
        "stage": "body",
        "kind": "Conv2d",
        "shape": [8, 4, 4],
        "parameters": 90,
        "activation_bytes": 512,
    },
    {"name": "head", "stage": "head", "kind": "Linear", "shape": [2], "parameters": 10, "activation_bytes": 8},
]


DESCRIBED = {
    "layers": ROWS,
    "head": "head",
    "inputs": {"channels": 3, "size": [28, 28], "scaling": "unit"},
    "outputs": 2,
    "draws": 12,
}


class Runner(FakeRunner):
    """Answers what the layers are, unless a test wants to do so."""

    answers = True

    def run(self, job):
        if isinstance(job, DescribeJob) and self.answers:
            self.next = FakeRun(Finished("2 layers", result=DESCRIBED))
        return super().run(job)


class Desk:
    """The panel and the plots with a flow, a project and a stand-in for the child."""

    def __init__(self, qtbot, project):
        self.runner = Runner()
        self.center = JobCenter(self.runner)
        self.panel, self.plots = TrainingPanel(), PlotsPanel()
        for widget in (self.panel, self.plots):
            qtbot.addWidget(widget)
            widget.resize(330, 680)
            widget.show()
        self.flow = TrainingFlow(self.panel, self.plots, self.center)
        self.qtbot, self.project = qtbot, project
        self.flow.set_project(project)

    def find(self, kind, name):
        return self.panel.findChild(kind, name)

    def choose(self, name, data):
        combo = self.find(QComboBox, name)
        combo.setCurrentIndex(combo.findData(data))

    def runs(self, kind):
        return [(job, run) for job, run in self.runner.runs if isinstance(job, kind)]

    def describe(self):
        """Wait until the layers are known."""
        self.qtbot.waitUntil(lambda: "2 layers" in self.status("train.frozen"), timeout=3000)

    def start(self):
        self.find(QPushButton, "train.start").click()
        self.qtbot.waitUntil(lambda: bool(self.runs(TrainJob)), timeout=3000)
        return self.runs(TrainJob)[-1]

    def status(self, name="train.status"):
        return self.find(QLabel, name).text()

    def enabled(self):
        names = ("train.start", "train.pause", "train.stop")
        return [name.split(".")[1] for name in names if self.find(QPushButton, name).isEnabled()]


@pytest.fixture
def desk(qtbot, images_folder):
    made = Desk(qtbot, Project.for_data([images_folder]))
    yield made
    made.center.close(save=False)


@pytest.fixture
def sequences_desk(qtbot, sequences_file):
    made = Desk(qtbot, Project.for_data([sequences_file]))
    yield made
    made.center.close(save=False)


def events(steps=10):
    return [
        Started("t", steps=20, epochs=2, facts={"metric": "dice"}),
        *[StepDone(i, 1, 1 / i, 0.01) for i in range(1, steps + 1)],
        EpochDone(1, steps, 0.3, 0.4, {"dice": 0.5}, best=True),
    ]


def test_only_tasks_and_models_that_fit_the_data_are_offered(desk):
    task, model = desk.find(QComboBox, "train.task"), desk.find(QComboBox, "train.model")
    names = [task.itemData(i) for i in range(task.count())]
    assert set(names) == {"image-classification", "semantic-segmentation"}
    assert desk.panel.task == "semantic-segmentation"
    assert [model.itemData(i) for i in range(model.count())] == ["unet", "unet-mobilenet-v2"]
    desk.choose("train.task", "image-classification")
    assert "resnet18" in [model.itemData(i) for i in range(model.count())]
    assert model.itemData(0, Qt.ItemDataRole.ToolTipRole)


def test_sequences_offer_sequence_tasks(sequences_desk):
    assert sequences_desk.panel.task == "sequence-classification"
    model = sequences_desk.find(QComboBox, "train.model")
    assert {"sequence-cnn", "lstm"} <= {model.itemData(i) for i in range(model.count())}


def test_without_data_nothing_can_be_started(desk):
    desk.flow.set_project(None)
    assert desk.enabled() == []
    assert not desk.find(QPushButton, "train.freeze").isEnabled()


def test_start_gives_the_job_that_the_choices_say(desk):
    desk.find(QSpinBox, "train.options.epochs").setValue(3)
    desk.find(QLineEdit, "train.options.learning_rate").setText("1e-3")
    job, _ = desk.start()
    assert (job.task, job.model, job.data) == ("semantic-segmentation", "unet", (str(desk.project.folder),))
    assert (job.fit_options["epochs"], job.fit_options["learning_rate"]) == (3, 0.001)
    assert Path(job.out).parent == desk.project.folder / "runs"
    assert desk.enabled() == ["start", "pause", "stop"]


def test_the_training_is_told_in_words_and_curves(desk):
    _, run = desk.start()
    for event in events():
        run.feed.put(event)
    desk.qtbot.waitUntil(lambda: "step 10 of 20" in desk.status(), timeout=3000)
    assert "Epoch 1 of 2" in desk.status()
    assert "validation 0.4" in desk.status()
    plot = desk.plots.findChild(CurvePlot, "train.plot")
    desk.qtbot.waitUntil(lambda: 10 in drawn(plot), timeout=3000)


def test_what_a_training_warns_of_becomes_messages(desk):
    told = []
    desk.flow.message.connect(told.append)
    _, run = desk.start()
    for number in (1, 2):
        run.feed.put(Warned(f"Leak between splits {number}"))
    desk.qtbot.waitUntil(lambda: told == ["Leak between splits 1", "Leak between splits 2"], timeout=3000)


def drawn(plot):
    """How many points each curve of a plot has."""
    data = [item.getOriginalDataset()[0] for item in plot.listDataItems() if item.name()]
    return [len(x) for x in data if x is not None]


def test_pause_and_resume_share_a_button(desk):
    _, run = desk.start()
    pause = desk.find(QPushButton, "train.pause")
    pause.click()
    assert (pause.text(), desk.status()) == ("Resume", "Paused")
    pause.click()
    assert pause.text() == "Pause"
    assert run.wishes == ["pause", "resume"]


def test_stop_saves_and_the_run_can_be_used(desk):
    job, run = desk.start()
    (Path(job.out) / "model.safetensors").write_bytes(b"x")
    with desk.qtbot.waitSignal(desk.flow.run_finished, timeout=3000) as told:
        desk.find(QPushButton, "train.stop").click()
    assert told.args == [Path(job.out)]
    assert run.wishes == ["stop"]
    assert desk.enabled() == ["start"]
    assert desk.find(QComboBox, "train.runs").findData(job.out) == 1


def test_a_failure_is_shown_and_the_next_training_can_start(desk):
    _, run = desk.start()
    with desk.qtbot.waitSignal(desk.flow.failed, timeout=3000) as told:
        run.feed.put(Failed("The training process ended unexpectedly (killed by signal 9, SIGKILL).", "words"))
    assert told.args == ["The training process ended unexpectedly (killed by signal 9, SIGKILL).", "words"]
    assert "SIGKILL" in desk.status()
    desk.start()
    desk.qtbot.waitUntil(lambda: desk.enabled() == ["start", "pause", "stop"], timeout=3000)


def test_a_wrong_option_stops_the_start_and_is_marked(desk):
    rate = desk.find(QLineEdit, "train.options.learning_rate")
    rate.setText("fast")
    desk.find(QPushButton, "train.start").click()
    assert desk.runs(TrainJob) == []
    assert rate.property("wrong") is True


def test_the_layers_chosen_in_the_dialog_go_into_the_job(desk):
    desk.describe()
    desk.find(QPushButton, "train.freeze").click()
    dialog = QApplication.activeModalWidget()
    assert dialog.findChild(QTreeView, "freeze.tree").model().rowCount() == 2
    combo = dialog.findChild(QComboBox, "freeze.preset")
    combo.setCurrentIndex(combo.findData("head"))
    combo.activated.emit(combo.currentIndex())
    dialog.findChild(QPushButton, "freeze.accept").click()
    assert desk.status("train.frozen") == "1 of 2 layers frozen, 10 % of 100 weights trained"
    job, _ = desk.start()
    assert job.freeze == ("body",)


def test_the_dialog_opens_once_the_layers_are_read(desk):
    desk.runner.answers = False
    desk.find(QPushButton, "train.freeze").click()
    assert QApplication.activeModalWidget() is None
    desk.qtbot.waitUntil(lambda: bool(desk.runs(DescribeJob)), timeout=3000)
    desk.runs(DescribeJob)[-1][1].feed.put(Finished("2 layers", result=DESCRIBED))
    desk.describe()
    dialog = QApplication.activeModalWidget()
    assert dialog.objectName() == "freeze.dialog"
    dialog.reject()


def test_choices_are_found_again_for_the_same_task_and_model(desk, qtbot):
    desk.choose("train.task", "image-classification")
    desk.choose("train.model", "resnet18")
    desk.find(QSpinBox, "train.options.epochs").setValue(7)
    desk.flow._freeze(("layer1",), {"layer_decay": 0.5})
    _, run = desk.start()
    run.feed.put(Finished("done", stopped=True))
    desk.qtbot.waitUntil(lambda: desk.enabled() == ["start"], timeout=3000)
    again = Desk(qtbot, desk.project)
    again.choose("train.task", "image-classification")
    assert again.panel.model == "resnet18"
    assert again.find(QSpinBox, "train.options.epochs").value() == 7
    job, _ = again.start()
    assert job.freeze == ("layer1",)
    again.choose("train.model", "biomed-cnn")
    assert again.find(QSpinBox, "train.options.epochs").value() == 0
    again.center.close(save=False)


def test_the_job_can_be_copied_as_a_command(desk):
    desk.find(QSpinBox, "train.options.epochs").setValue(4)
    desk.find(QToolButton, "train.copy_command").click()
    words = QGuiApplication.clipboard().text()
    assert words.startswith("biofm train semantic-segmentation ")
    assert "--model unet" in words
    assert "--epochs 4" in words


def test_weights_from_the_network_are_fetched_only_after_a_yes(desk):
    desk.choose("train.task", "image-classification")
    desk.choose("train.model", "resnet18")
    desk.choose("train.weights", "download")
    dialog = QApplication.activeModalWidget()
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "47 MB" in words
    assert "BSD" in words
    dialog.findChild(QPushButton, "weights.cancel").click()
    assert desk.panel.weights == ""
    desk.choose("train.weights", "download")
    QApplication.activeModalWidget().findChild(QPushButton, "weights.accept").click()
    job, _ = desk.start()
    assert job.weights == "download"


def test_an_earlier_run_is_drawn_from_its_folder(desk):
    folder = desk.project.new_run_folder("unet")
    (folder / "model.safetensors").write_bytes(b"x")
    lines = [to_line(event) for event in events()]
    (folder / "events.jsonl").write_text("\n".join([*lines, '{"event": "StepDo']) + "\n")
    desk.flow.set_project(desk.project)
    desk.find(QComboBox, "train.runs").activated.emit(desk.find(QComboBox, "train.runs").findData(str(folder)))
    runs = desk.find(QComboBox, "train.runs")
    runs.setCurrentIndex(1)
    runs.activated.emit(1)
    plot = desk.plots.findChild(CurvePlot, "train.plot")
    desk.qtbot.waitUntil(lambda: any(item.name() == "train" for item in plot.listDataItems()), timeout=3000)


def test_a_project_that_cannot_be_written_says_so(desk, monkeypatch):
    monkeypatch.setattr(desk.project, "new_run_folder", _fault)
    with desk.qtbot.waitSignal(desk.flow.failed, timeout=1000):
        desk.find(QPushButton, "train.start").click()
    assert desk.enabled() == ["start"]


def _fault(_):
    raise Fault("runs", "the disk is full")


def test_the_status_tells_the_time_that_is_left():
    status = RunStatus()
    status.take([Started("t", steps=100, epochs=4)], now=0)
    status.take([StepDone(1, 1, 0.5, 0.1)], now=10)
    status.take([StepDone(11, 1, 0.25, 0.1)], now=20)
    assert status.text() == "Epoch 1 of 4 · step 11 of 100 · loss 0.25 · 89 s left"
    assert status.share == 0.11
    assert [duration(s) for s in (0, 89, 95, 3900)] == ["0 s", "89 s", "2 min", "1 h 05 min"]


def test_a_broken_settings_file_is_no_obstacle(desk, own_folders, qtbot):
    (own_folders / "config").mkdir(parents=True, exist_ok=True)
    (own_folders / "config" / "training.json").write_text(json.dumps({"version": 1, "choices": [3]}))
    again = Desk(qtbot, desk.project)
    assert again.enabled() == ["start"]
    again.center.close(save=False)


def test_a_fake_run_is_a_run():
    assert list(FakeRun(Finished("done"))) == [Finished("done")]


def kept_run(folder, *, done, planned):
    """Make a run folder as a training leaves it that was stopped after some of its epochs."""
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "state.pt").write_bytes(b"state")
    (folder / "card.json").write_text(json.dumps({"fit": {"epochs": planned}}))
    for name in ("job.json", "splits.json"):
        (folder / name).write_text("{}")
    if done:
        (folder / "metrics.json").write_text(json.dumps({"epochs": done}))
    told = [Started("t", 8, 4), *(StepDone(n, 1, 1.0 / n, 0.1) for n in (1, 2, 3))]
    (folder / "events.jsonl").write_text("".join(to_line(event) + "\n" for event in told))
    return folder


def test_a_run_that_was_stopped_or_broke_off_goes_on_with_its_curves(desk, qtbot):
    stopped = kept_run(desk.project.new_run_folder("unet"), done=1, planned=4)
    broken = kept_run(desk.project.new_run_folder("unet"), done=0, planned=4)
    whole = kept_run(desk.project.new_run_folder("unet"), done=4, planned=4)
    (desk.project.new_run_folder("unet") / "card.json").write_text("{")
    desk.flow.set_project(desk.project)
    button = desk.find(QToolButton, "train.continue")
    offered = [action.text() for action in button.menu().actions()]
    assert [words.split(":")[0] for words in offered] == [folder.name for folder in (whole, broken, stopped)]
    assert "10 epochs more" in offered[0]
    assert "broke off" in offered[1]
    assert "after epoch 1 of 4" in offered[2]
    button.menu().actions()[2].trigger()
    qtbot.waitUntil(lambda: bool(desk.runs(ContinueJob)), timeout=3000)
    job, run = desk.runs(ContinueJob)[-1]
    assert (job.run_folder, job.epochs) == (str(stopped), 0)
    assert not button.isEnabled()
    for event in (Started("go on", 8, 4), StepDone(3, 1, 9.0, 0.1), StepDone(4, 1, 8.0, 0.1)):
        run.feed.put(event)
    qtbot.waitUntil(lambda: len(desk.plots._runs[str(stopped)].curves["train loss"]) == 4, timeout=3000)
    curve = desk.plots._runs[str(stopped)].curves["train loss"]
    assert list(curve.y) == [1.0, 0.5, 9.0, 8.0]
    run.feed.put(Finished("Trained"))
    qtbot.waitUntil(lambda: desk.flow.handle.ended, timeout=3000)


def test_data_that_no_task_takes_are_told_of(desk):
    desk.panel.offer_tasks([])
    assert desk.find(QComboBox, "train.task").placeholderText() == "None fits these data"
    desk.flow.set_project(desk.project)
    assert desk.find(QComboBox, "train.task").placeholderText() == ""
