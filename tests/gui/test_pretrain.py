"""Pre-training in the window: the dialog, the job, and where its curves are shown."""

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QPushButton, QSpinBox

from biofm_desktop.engine.events import EpochDone, Finished, Started, StepDone
from biofm_desktop.engine.jobs import PretrainJob
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.test_training import Runner


class Desk:
    """The panel with the training flow, the dialog open."""

    def __init__(self, qtbot, project):
        self.runner = Runner()
        self.center = JobCenter(self.runner)
        self.panel, self.plots = TrainingPanel(), PlotsPanel()
        for widget in (self.panel, self.plots):
            qtbot.addWidget(widget)
        self.flow = TrainingFlow(self.panel, self.plots, self.center)
        self.flow.set_project(project)
        self.qtbot = qtbot
        self.panel.findChild(QPushButton, "train.pretrain").click()

    @property
    def dialog(self):
        shown = (w for w in QApplication.topLevelWidgets() if w.objectName() == "pretrain.dialog" and w.isVisible())
        return next(shown, None)

    def find(self, kind, name):
        return self.dialog.findChild(kind, f"pretrain.{name}")

    def jobs(self):
        return [(job, run) for job, run in self.runner.runs if isinstance(job, PretrainJob)]


@pytest.fixture
def desk(qtbot, images_folder):
    project = Project.for_data([images_folder])
    made = Desk(qtbot, project)
    yield made
    if made.dialog is not None:
        made.dialog.close()
    made.center.close(save=False)
    project.close()


def objectives(desk):
    combo = desk.find(QComboBox, "objective")
    return [combo.itemData(n) for n in range(combo.count())]


def test_what_was_chosen_is_pretrained_and_its_curves_are_shown(desk):
    assert objectives(desk) == ["masked-patches"]  # the model outlines
    desk.find(QSpinBox, "options.patches").setValue(4)
    desk.find(QSpinBox, "fit.epochs").setValue(3)
    desk.find(QPushButton, "start").click()
    desk.qtbot.waitUntil(lambda: bool(desk.jobs()), timeout=3000)
    job, run = desk.jobs()[-1]
    assert (job.objective, job.model) == ("masked-patches", "unet")
    assert job.objective_options["patches"] == 4
    assert job.fit_options["epochs"] == 3
    assert "crop" in job.task_options
    assert desk.dialog is None
    run.feed.put(Started(job.title, 6, 3, {"metric": "explained"}))
    run.feed.put(StepDone(1, 1, 0.5, 1e-3))
    run.feed.put(EpochDone(1, 2, 0.5, 0.4, {"explained": 0.2}, True))
    status = desk.panel.findChild(QLabel, "train.status")
    desk.qtbot.waitUntil(lambda: "poch" in status.text(), timeout=3000)
    assert desk.panel.findChild(QPushButton, "train.pause").isEnabled()
    with desk.qtbot.waitSignal(desk.flow.message, check_params_cb=lambda said: "Start from" in said, timeout=3000):
        run.feed.put(Finished("Trained for 3 epochs"))


def test_a_wrong_option_is_marked_and_nothing_starts(desk):
    share = desk.find(QLineEdit, "options.hidden") or desk.find(QDoubleSpinBox, "options.hidden")
    share.setText("7")
    desk.find(QPushButton, "start").click()
    assert "Correct" in desk.find(QLabel, "status").text()
    assert not desk.jobs()
    assert all(w.accessibleName() and w.toolTip() for w in desk.dialog.findChildren(QPushButton))


def test_without_data_there_is_nothing_to_learn_from(desk):
    desk.flow.set_project(None)
    assert not desk.panel.findChild(QPushButton, "train.pretrain").isEnabled()
    assert desk.dialog is None
