"""Cross-validation and distillation in the window: the dialogs, the jobs and what comes back."""

import csv
import json

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
)

from biofm_desktop.engine.events import Failed, Finished, Progress, Saved, Started, StepDone
from biofm_desktop.engine.jobs import CrossValidateJob, DistillJob, job_from_json
from biofm_desktop.engine.jobs.cross_validate import summary
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.widgets.bar_delegate import SHARE
from biofm_desktop.gui.widgets.parallel_plot import ParallelPlot
from tests.gui.study_desk import desk_of, promoters, write_run

FOLDS = [{"dice": 0.8, "loss": 0.3}, {"dice": 0.6, "loss": 0.5}, {"dice": 0.7, "loss": 0.4}]


@pytest.fixture
def desk(qtbot, images_folder):
    with desk_of(qtbot, images_folder) as made:
        yield made


@pytest.fixture
def sequences(qtbot, tmp_path):
    with desk_of(qtbot, promoters(tmp_path)) as made:
        yield made


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
