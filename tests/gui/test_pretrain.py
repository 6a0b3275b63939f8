"""Pre-training in the window: the dialog, the job, and where its curves are shown."""

import json

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox

from biofm_desktop.engine.events import EpochDone, Finished, Started, StepDone
from biofm_desktop.engine.jobs import PretrainJob, TrainJob
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
    with desk.qtbot.waitSignal(desk.flow.message, check_params_cb=lambda said: "list of models" in said, timeout=3000):
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


def pretrained(project):
    folder = project.new_run_folder("unet-masked-patches")
    card = {"model": "unet", "objective": "masked-patches", "objective_title": "Masked patches"}
    (folder / "card.json").write_text(json.dumps({**card, "data": {"name": "<b>cells</b>", "train": 12}}))
    (folder / "metrics.json").write_text(
        json.dumps({"probe": {"before": {"macro_f1": 0.4}, "after": {"macro_f1": 0.6}}})
    )
    (folder / "backbone.safetensors").write_bytes(b"")
    return folder


def test_a_pretraining_is_a_model_of_the_list_with_its_card(desk, qtbot):
    folder = pretrained(desk.project)
    desk.flow.refresh_runs()
    models, start = (desk.panel.findChild(QComboBox, f"train.{name}") for name in ("model", "weights"))
    assert [models.itemData(n) for n in range(models.count())] == ["unet", "unet", "unet-mobilenet-v2"]
    assert desk.panel.weights == ""
    models.setCurrentIndex(1)
    assert folder.name in models.currentText()
    assert (desk.panel.model, desk.panel.weights, start.currentData()) == ("unet", str(folder), str(folder))
    card = [label.text() for label in desk.panel.findChildren(QLabel) if "Masked patches" in label.text()]
    assert "12 samples" in card[0]
    assert "0.400, then 0.600" in card[0]
    desk.panel.findChild(QPushButton, "train.start").click()
    desk.wait(lambda: bool(desk.jobs(TrainJob)))
    assert desk.jobs(TrainJob)[-1][0].weights == str(folder)
    # What one starts from, and the list of models, say the same.
    desk.panel.choose_weights("")
    assert (models.currentIndex(), desk.panel.model) == (0, "unet")
    desk.panel.choose_weights(str(folder))
    assert models.currentIndex() == 1
    models.setCurrentIndex(0)
    assert desk.panel.weights == ""


def test_a_pretrained_model_is_remembered(desk, qtbot):
    folder = pretrained(desk.project)
    desk.flow.refresh_runs()
    models = desk.panel.findChild(QComboBox, "train.model")
    hint = "It starts from random weights"
    assert any(hint in label.text() for label in desk.dialog.findChildren(QLabel))
    models.setCurrentIndex(1)
    desk.press("pretrain")  # the one that was open was for another start
    assert any(f"It starts from {folder.name}" in label.text() for label in desk.dialog.findChildren(QLabel))
    models.setCurrentIndex(2)  # another model: the dialog stays with what it says
    job, _ = desk.start(PretrainJob)
    models.setCurrentIndex(1)
    assert job.weights == str(folder)  # one goes on from where another ended
    desk.panel.findChild(QPushButton, "train.start").click()
    desk.wait(lambda: bool(desk.center.waiting))
    desk.flow.set_project(desk.project)
    assert (models.currentIndex(), desk.panel.weights) == (1, str(folder))
