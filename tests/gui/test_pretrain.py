"""Pre-training in the window: the dialog, the job, and where its curves are shown."""

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox

from biofm_desktop.engine.events import EpochDone, Finished, Started, StepDone
from biofm_desktop.engine.jobs import PretrainJob
from tests.gui.study_desk import desk_of


@pytest.fixture
def desk(qtbot, images_folder):
    with desk_of(qtbot, images_folder) as made:
        yield made.press("pretrain")


def objectives(desk):
    combo = desk.find(QComboBox, "objective")
    return [combo.itemData(n) for n in range(combo.count())]


def test_what_was_chosen_is_pretrained_and_its_curves_are_shown(desk):
    assert objectives(desk) == ["masked-patches"]  # the model outlines
    desk.find(QSpinBox, "options.patches").setValue(4)
    desk.find(QSpinBox, "fit.epochs").setValue(3)
    job, run = desk.start(PretrainJob)
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
    share = desk.find(QLineEdit, "options.hidden")
    share.setText("7")
    desk.find(QPushButton, "start").click()
    assert "Correct" in desk.find(QLabel, "status").text()
    assert not desk.jobs(PretrainJob)
    assert all(w.accessibleName() and w.toolTip() for w in desk.dialog.findChildren(QPushButton))


def test_without_data_there_is_nothing_to_learn_from(desk):
    desk.flow.set_project(None)
    assert not desk.panel.findChild(QPushButton, "train.pretrain").isEnabled()
    assert desk.dialog is None
