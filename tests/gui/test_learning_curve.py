"""The learning curve in the window: the dialog, the job and its rows."""

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QSpinBox, QTableWidget

from biofm_desktop.engine.events import Failed, Finished, Progress
from biofm_desktop.engine.jobs import LearningCurveJob
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.widgets.bar_delegate import SHARE
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.test_training import Runner

ROWS = [
    {"labels": 5.0, "samples": 10, "mean": 0.6, "spread": 0.05, "runs": 2},
    {"labels": 0.0, "samples": 40, "mean": 0.8, "spread": 0.0, "runs": 2},
]


class Desk:
    """The panel with the training flow, its dialog open."""

    def __init__(self, qtbot, project):
        self.runner = Runner()
        self.center = JobCenter(self.runner)
        self.panel, self.plots = TrainingPanel(), PlotsPanel()
        for widget in (self.panel, self.plots):
            qtbot.addWidget(widget)
        self.flow = TrainingFlow(self.panel, self.plots, self.center)
        self.flow.set_project(project)
        self.qtbot, self.project = qtbot, project
        self.panel.findChild(QPushButton, "train.curve").click()

    @property
    def dialog(self):
        return next((w for w in QApplication.topLevelWidgets() if w.objectName() == "curve.dialog"), None)

    def find(self, kind, name):
        return self.dialog.findChild(kind, f"curve.{name}")

    def start(self):
        self.find(QPushButton, "start").click()
        self.qtbot.waitUntil(lambda: bool(self.jobs()), timeout=3000)
        return self.jobs()[-1]

    def jobs(self):
        return [(job, run) for job, run in self.runner.runs if isinstance(job, LearningCurveJob)]


@pytest.fixture
def desk(qtbot, images_folder):
    project = Project.for_data([images_folder])
    made = Desk(qtbot, project)
    yield made
    if made.dialog is not None:
        made.dialog.close()
    made.center.close(save=False)
    project.close()


def test_the_panel_s_choices_are_trained_with_each_number_of_labels(desk):
    desk.panel.findChild(QSpinBox, "train.options.epochs").setValue(7)
    desk.find(QLineEdit, "counts").setText("5, 0.5,all")
    desk.find(QSpinBox, "seeds").setValue(2)
    job, run = desk.start()
    assert (job.counts, job.seeds, job.model) == ((5.0, 0.5, 0.0), 2, "unet")
    assert job.fit_options["epochs"] == 7
    assert not desk.find(QPushButton, "start").isEnabled()
    run.feed.put(Progress(1, 6, "5 labels a class, seed 0"))
    desk.qtbot.waitUntil(lambda: "Training 2 of 6" in desk.find(QLabel, "status").text(), timeout=3000)
    run.feed.put(Finished("Dice 0.8", result={"rows": ROWS, "metric": "dice", "split": "test"}))
    table = desk.find(QTableWidget, "table")
    desk.qtbot.waitUntil(lambda: table.rowCount() == 2, timeout=3000)
    cells = [[table.item(row, column).text() for column in range(3)] for row in range(2)]
    assert cells == [["5 labels a class", "10", "0.600 ± 0.050"], ["All labels", "40", "0.800 ± 0.000"]]
    assert table.item(0, 2).data(SHARE) == 0.6
    assert table.horizontalHeaderItem(2).text() == "Dice"
    assert desk.find(QPushButton, "start").isEnabled()
    assert all(w.accessibleName() and w.toolTip() for w in desk.dialog.findChildren(QPushButton))


def test_what_is_no_number_is_said_and_a_failure_is_told(desk):
    desk.find(QLineEdit, "counts").setText("5, many")
    desk.find(QPushButton, "start").click()
    assert "numbers" in desk.find(QLabel, "status").text()
    assert not desk.jobs()
    desk.find(QLineEdit, "counts").setText("5")
    _, run = desk.start()
    with desk.qtbot.waitSignal(desk.flow.failed, timeout=3000):
        run.feed.put(Failed("It cannot be opened"))
    assert desk.find(QLabel, "status").text() == "It cannot be opened"
