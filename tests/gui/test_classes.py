"""The classes of the training data in the window: the button, the job and the dialog with its bars."""

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSpinBox, QTableWidget

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.jobs import HistogramJob
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.tasks.histogram import Histogram
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.widgets.bar_delegate import SHARE
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.job_fakes import FakeRunner

COUNTS = {"train": (900, 90), "val": (100, 0), "test": (0, 0)}
FOUND = Histogram("pixels", ("background", "<b>cell</b>"), COUNTS, {"train": (3, 2), "val": (1, 0), "test": (0, 0)})
ADVICE = {"reason": "few", "fit_options": {"epochs": 200}, "task_options": {"zoom": 0.7}, "head_only": True}


class Desk:
    """The panel with the training flow, a project and a stand-in for the child."""

    def __init__(self, qtbot, project):
        self.runner = FakeRunner()
        self.center = JobCenter(self.runner)
        self.panel, self.plots = TrainingPanel(), PlotsPanel()
        for widget in (self.panel, self.plots):
            qtbot.addWidget(widget)
        self.flow = TrainingFlow(self.panel, self.plots, self.center)
        self.flow.set_project(project)
        self.qtbot, self.project = qtbot, project

    @property
    def button(self):
        return self.panel.findChild(QPushButton, "train.classes")

    def count(self):
        before = len(self.jobs())
        self.button.click()
        self.qtbot.waitUntil(lambda: len(self.jobs()) > before, timeout=3000)
        return self.jobs()[-1]

    def jobs(self):
        return [(job, run) for job, run in self.runner.runs if isinstance(job, HistogramJob)]

    def answer(self, advice=None):
        job, run = self.count()
        result = {"histogram": FOUND.to_values(), "warnings": FOUND.warnings(), "few_labels": advice, "unlabelled": 2}
        run.feed.put(Finished("4 labelled samples, 2 classes", result=result))
        self.qtbot.waitUntil(lambda: self.dialog() is not None, timeout=3000)
        return job, self.dialog()

    def dialog(self):
        return next((w for w in QApplication.topLevelWidgets() if w.objectName() == "classes.dialog"), None)


@pytest.fixture
def desk(qtbot, images_folder):
    project = Project.for_data([images_folder])
    made = Desk(qtbot, project)
    yield made
    if made.dialog() is not None:
        made.dialog().close()
    made.center.close(save=False)
    project.close()


def test_the_button_counts_the_splits_of_the_next_training_and_bars_show_them(desk):
    assert desk.button.accessibleName()
    desk.panel.findChild(QSpinBox, "train.options.seed").setValue(5)
    job, dialog = desk.answer()
    assert (job.task, job.seed) == ("semantic-segmentation", 5)
    table = dialog.findChild(QTableWidget, "classes.table")
    heads = [table.horizontalHeaderItem(i).text() for i in range(table.columnCount())]
    assert heads == ["Class", "Training pixels", "Validation pixels"]
    assert table.item(1, 0).text() == "<b>cell</b>"
    assert table.item(1, 1).text() == "90  (9.1%)"
    assert table.item(1, 1).data(SHARE) == pytest.approx(0.1)
    assert "No validation sample shows" in dialog.findChild(QLabel, "classes.warnings").text()
    assert "2 samples have no label" in dialog.findChild(QLabel, "classes.summary").text()
    assert dialog.findChild(QPushButton, "classes.use_advice") is None
    assert all(w.accessibleName() and w.toolTip() for w in dialog.findChildren(QPushButton))
    assert desk.button.isEnabled()


def test_the_advice_for_few_labels_is_taken_by_one_click(desk):
    _, dialog = desk.answer(ADVICE)
    assert "few" in dialog.findChild(QLabel, "classes.advice").text()
    dialog.findChild(QPushButton, "classes.use_advice").click()
    assert desk.panel.fit_form.values()["epochs"] == 200
    assert desk.panel.task_form.values()["zoom"] == 0.7
    desk.qtbot.waitUntil(lambda: desk.dialog() is None, timeout=3000)


def test_a_failure_is_told_and_another_project_ends_the_count(desk):
    _, run = desk.count()
    with desk.qtbot.waitSignal(desk.flow.failed, timeout=3000) as told:
        run.feed.put(Failed("It cannot be opened", "words"))
    assert told.args == ["It cannot be opened", "words"]
    _, run = desk.count()
    desk.flow.set_project(None)
    assert run.wishes == ["stop"]
    assert not desk.button.isEnabled()
