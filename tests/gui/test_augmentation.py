"""The augmentation dialog: what is ticked, previews from a child, and changes of a training under way."""

import json
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QPlainTextEdit, QPushButton

from biofm_desktop.engine.events import Failed, Finished, Started
from biofm_desktop.engine.jobs import AugmentPreviewJob, TrainJob
from biofm_desktop.engine.jobs.mailbox import CONTROL
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.engine.tasks.augmentation import augmentations, off
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.widgets.augmentation_list import AugmentationList
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.job_fakes import FakeRunner
from tests.gui.test_training import Runner


class Desk:
    """The panel with the training flow and stand-ins for the child and for the spare child."""

    def __init__(self, qtbot, project):
        self.runner, self.spare = Runner(), FakeRunner()
        self.center = JobCenter(self.runner)
        self.panel, self.plots = TrainingPanel(), PlotsPanel()
        for widget in (self.panel, self.plots):
            qtbot.addWidget(widget)
        self.flow = TrainingFlow(self.panel, self.plots, self.center)
        self.flow.augmentation._make_spare = lambda: JobCenter(self.spare)
        self.flow.set_project(project)
        self.qtbot, self.project, self.messages = qtbot, project, []
        self.flow.message.connect(self.messages.append)

    def open(self):
        self.panel.findChild(QPushButton, "train.augmentation").click()
        self.qtbot.waitUntil(lambda: self.dialog() is not None, timeout=3000)
        return self.dialog()

    def dialog(self):
        return next((w for w in QApplication.topLevelWidgets() if w.objectName() == "augmentation.dialog"), None)

    def previews(self, runner=None):
        return [(job, run) for job, run in (runner or self.runner).runs if isinstance(job, AugmentPreviewJob)]

    def preview(self, number=1, runner=None):
        self.qtbot.waitUntil(lambda: len(self.previews(runner)) >= number, timeout=3000)
        return self.previews(runner)[number - 1]

    def find(self, kind, name):
        return self.dialog().findChild(kind, f"augmentation.{name}")


def pictures(job):
    """Write what the child would write (its library must stay out of the window's process), and return the end."""
    folder = Path(job.out)
    folder.mkdir(parents=True)
    rows = [
        {"title": "Original", "file": "0.png"},
        *({"title": f"Version {n}", "file": f"{n}.png"} for n in range(1, 9)),
    ]
    for row in rows:
        Image.new("RGB", (64, 64), (200, 100, 50)).save(folder / row["file"])
    return Finished("8 versions", result={"kind": "pictures", "folder": job.out, "rows": rows})


def make(qtbot, path):
    project = Project.for_data([path])
    made = Desk(qtbot, project)
    yield made
    if made.dialog() is not None:
        made.dialog().close()
    made.center.close(save=False)
    project.close()


@pytest.fixture
def desk(qtbot, images_folder):
    yield from make(qtbot, images_folder)


@pytest.fixture
def sequences_desk(qtbot, sequences_file):
    yield from make(qtbot, sequences_file)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_list_gives_back_what_it_was_given_and_what_is_not_ticked_is_off(qtbot, task):
    rows = AugmentationList(task)
    qtbot.addWidget(rows)
    values = {spec.name: spec.default for spec in augmentations(task)}
    rows.set_values(values)
    assert rows.values() == values
    for box in rows.findChildren(QCheckBox):
        assert box.accessibleName()
        assert box.toolTip()
        box.setChecked(True)
    assert all(value != off(spec) for spec, value in zip(augmentations(task), rows.values().values()))
    for box in rows.findChildren(QCheckBox):
        box.setChecked(False)
    assert all(value == off(spec) for spec, value in zip(augmentations(task), rows.values().values()))


def test_the_preview_follows_the_options_and_shows_the_sample_in_view(desk):
    keys = [sample.key for sample in desk.project.dataset]
    desk.flow.augmentation.set_current_key(keys[1])
    desk.open()
    job, run = desk.preview()
    assert (job.key, job.task, job.seed) == (keys[1], "semantic-segmentation", 0)
    assert job.task_options["rotate"] == 0.0
    desk.find(QCheckBox, "rotate").setChecked(True)
    desk.find(QDoubleSpinBox, "rotate_value").setValue(33.0)
    run.feed.put(pictures(job))
    job, run = desk.preview(2)
    assert job.task_options["rotate"] == 33.0
    run.feed.put(pictures(job))
    desk.qtbot.waitUntil(lambda: not desk.find(QLabel, "picture_8").pixmap().isNull(), timeout=3000)
    desk.find(QPushButton, "again").click()
    job, run = desk.preview(3)
    assert job.seed == 1
    run.feed.put(Failed("It cannot be opened"))
    desk.qtbot.waitUntil(lambda: desk.find(QLabel, "status").text() == "It cannot be opened", timeout=3000)


def test_changed_letters_of_sequences_are_marked(sequences_desk):
    desk = sequences_desk
    desk.open()
    job, run = desk.preview()
    run.feed.put(Finished("", stopped=True))
    desk.find(QCheckBox, "mutation").setChecked(True)
    desk.find(QCheckBox, "reverse_complement").setChecked(True)
    job, run = desk.preview(2)
    rows = [{"title": "Original", "letters": "ACGTACGT", "marked": []}]
    rows += [{"title": "2 letters changed", "letters": "ACTTACGA", "marked": [2, 7]}] * 8
    run.feed.put(Finished("", result={"kind": "letters", "folder": job.out, "rows": rows}))
    text = desk.find(QPlainTextEdit, "letters")
    desk.qtbot.waitUntil(lambda: "Original" in text.toPlainText(), timeout=3000)
    plain = text.toPlainText()
    marks = [plain[m.cursor.selectionStart() : m.cursor.selectionEnd()] for m in text.extraSelections()]
    assert marks == ["T", "A"] * 8
    assert job.task_options["reverse_complement"] is True


def test_what_is_chosen_becomes_the_options_of_the_next_training(desk):
    dialog = desk.open()
    desk.find(QCheckBox, "elastic").setChecked(True)
    flips = desk.find(QComboBox, "flips_value")
    flips.setCurrentIndex(flips.findData("sideways"))
    assert not desk.find(QPushButton, "apply").isVisible()
    assert all(w.accessibleName() and w.toolTip() for w in dialog.findChildren(QPushButton))
    desk.find(QPushButton, "accept").click()
    values = desk.panel.task_form.values()
    assert (values["elastic"], values["flips"], values["zoom"]) == (0.3, "sideways", 0.3)
    desk.qtbot.waitUntil(lambda: desk.dialog() is None, timeout=3000)
    assert desk.flow.augmentation._files is None


def test_cancel_leaves_the_options_as_they_were(desk):
    before = desk.panel.task_form.values()
    desk.open()
    desk.find(QCheckBox, "elastic").setChecked(True)
    desk.find(QPushButton, "cancel").click()
    assert desk.panel.task_form.values() == before


def test_a_training_under_way_is_changed_by_a_line_in_its_folder_and_a_spare_child_shows_previews(desk):
    desk.panel.findChild(QPushButton, "train.start").click()
    desk.qtbot.waitUntil(lambda: any(isinstance(job, TrainJob) for job, _ in desk.runner.runs), timeout=3000)
    training, run = next((job, run) for job, run in desk.runner.runs if isinstance(job, TrainJob))
    run.feed.put(Started("t", 10, 2))
    dialog = desk.open()
    assert not desk.find(QPushButton, "apply").isHidden()
    job, _ = desk.preview(runner=desk.spare)
    assert job.task == "semantic-segmentation"
    desk.find(QCheckBox, "noise").setChecked(True)
    desk.find(QPushButton, "apply").click()
    desk.find(QPushButton, "apply").click()
    lines = [json.loads(line) for line in _control(training).read_text().splitlines()]
    assert lines == [{"change": {"task": {"noise": 0.05}}}]
    assert "already" in desk.messages[-1]
    run.feed.put(Finished("done"))
    desk.qtbot.waitUntil(lambda: desk.find(QPushButton, "apply").isHidden(), timeout=3000)
    dialog.close()
    assert desk.spare.calls[-1] == "close"


def _control(training):
    return Path(training.out) / CONTROL
