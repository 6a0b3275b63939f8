"""What a training starts from, in the window: the match of a file, earlier runs, terms."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QTableWidget,
    QToolButton,
    QWidget,
)

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.jobs import WeightsJob
from biofm_desktop.engine.jobs.earlier_runs import to_start_from
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.licences import accept, accepted
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.dialogs.start_run import StartRunDialog
from biofm_desktop.gui.dialogs.weights_match import WeightsMatchDialog
from tests.gui.test_training import DESCRIBED, Desk


def row(state, model, shape, file, file_shape, *, part="body", wrong=False):
    return {"state": state, "model": model, "shape": shape, "file": file, "file_shape": file_shape, "part": part,
            "wrong": wrong}  # fmt: skip


FOUND = {
    "rows": [
        row("taken", "conv1.weight", [64, 3, 7, 7], "resnet.embedder.convolution.weight", [64, 3, 7, 7]),
        row("taken", "bn1.weight", [64], "resnet.embedder.normalization.weight", [64]),
        row("re-made", "fc.weight", [3, 512], "<b>classifier</b>.1.weight", [1000, 512], part="head"),
        row("missing", "fc.bias", [3], "", None, part="head"),
        row("unused", "", None, "queue", [128, 65536]),
    ],
    "summary": "2 of 4 tensors taken, 1 re-made (head), 1 missing and started fresh (head), 1 of the file unused",
    "layout": "Hugging Face's layout",
    "note": "",
    "scaling": "imagenet",
    "run": "",
    "file": "/data/w.safetensors",
    "fault": "",
}
REFUSED = {**FOUND, "summary": "0 of 4 tensors taken", "fault": "w.safetensors: it does not fit this model."}


@pytest.fixture
def desk(qtbot, images_folder):
    made = Desk(qtbot, Project.for_data([images_folder]))
    made.describe()
    yield made
    if dialog := shown():
        dialog.reject()
    made.center.close(save=False)


def shown():
    return QApplication.activeModalWidget()


def looked_at(desk, result, tmp_path):
    """Choose a file, and let the child answer; return the job and the dialog."""
    (tmp_path / "w.safetensors").write_bytes(b"x")
    before = len(desk.runs(WeightsJob))
    desk.panel.choose_weights(str(tmp_path / "w.safetensors"))
    desk.qtbot.waitUntil(lambda: len(desk.runs(WeightsJob)) > before, timeout=3000)
    job, run = desk.runs(WeightsJob)[-1]
    run.feed.put(Finished(result["summary"], result=result))
    desk.qtbot.waitUntil(lambda: isinstance(shown(), WeightsMatchDialog), timeout=3000)
    return job, shown()


def cells(dialog, column):
    table = dialog.findChild(QTableView, "match.table").model()
    return [table.index(place, column).data() for place in range(table.rowCount())]


def test_a_file_is_looked_at_by_the_child_before_a_training_starts_from_it(desk, tmp_path):
    job, dialog = looked_at(desk, FOUND, tmp_path)
    assert job == WeightsJob(
        weights=str(tmp_path / "w.safetensors"), model="unet", outputs=2, inputs=DESCRIBED["inputs"]
    )
    assert dialog.findChild(QLabel, "match.summary").text() == FOUND["summary"]
    facts = dialog.findChild(QLabel, "match.facts").text()
    assert "Layout: Hugging Face's layout" in facts
    assert "imagenet" in facts
    assert cells(dialog, 0) == ["re-made", "missing", "unused", "taken", "taken"]
    dialog.findChild(QPushButton, "match.accept").click()
    assert desk.status("train.match_told") == FOUND["summary"]
    assert desk.start()[0].weights == str(tmp_path / "w.safetensors")


def test_the_list_is_narrowed_by_state_and_by_name(qtbot):
    dialog = WeightsMatchDialog(FOUND, "ResNet-18")
    qtbot.addWidget(dialog)
    dialog.show()
    state, words = dialog.findChild(QComboBox, "match.state"), dialog.findChild(QLineEdit, "match.filter")
    assert state.itemText(1) == "Taken (2)"
    state.setCurrentIndex(state.findData("taken"))
    assert cells(dialog, 1) == ["conv1.weight", "bn1.weight"]
    assert dialog.findChild(QLabel, "match.count").text() == "2 of 5"
    qtbot.keyClicks(words, "NORMAL")
    assert cells(dialog, 1) == ["bn1.weight"]
    state.setCurrentIndex(0)
    words.setText("class")
    assert cells(dialog, 2) == ["3 × 512"]
    table = dialog.findChild(QTableView, "match.table").model()
    assert "<b>" not in table.index(0, 3).data(Qt.ItemDataRole.ToolTipRole)


def test_what_does_not_fit_cannot_be_used_and_the_reason_stays(desk, tmp_path):
    _, dialog = looked_at(desk, REFUSED, tmp_path)
    assert dialog.findChild(QPushButton, "match.accept") is None
    assert dialog.findChild(QLabel, "match.fault").text() == REFUSED["fault"]
    dialog.findChild(QPushButton, "match.close").click()
    assert desk.panel.weights == ""
    assert desk.status("train.match_told") == REFUSED["fault"]


def test_a_file_that_cannot_be_read_is_told_and_not_chosen(desk, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"x")
    desk.panel.choose_weights(str(tmp_path / "w.safetensors"))
    desk.qtbot.waitUntil(lambda: bool(desk.runs(WeightsJob)), timeout=3000)
    with desk.qtbot.waitSignal(desk.flow.failed, timeout=3000):
        desk.runs(WeightsJob)[-1][1].feed.put(Failed("w.safetensors: it is damaged.", "words"))
    assert desk.panel.weights == ""
    assert "damaged" in desk.status("train.match_told")


def test_cancelling_starts_from_nothing_and_the_list_can_be_seen_again(desk, tmp_path):
    _, dialog = looked_at(desk, FOUND, tmp_path)
    dialog.findChild(QPushButton, "match.cancel").click()
    assert desk.panel.weights == ""
    button = desk.find(QToolButton, "train.match")
    assert not button.isEnabled()
    _, dialog = looked_at(desk, FOUND, tmp_path)
    dialog.accept()
    assert button.isEnabled()
    count = len(desk.runs(WeightsJob))
    button.click()
    desk.qtbot.waitUntil(lambda: len(desk.runs(WeightsJob)) == count + 1, timeout=3000)
    desk.runs(WeightsJob)[-1][1].feed.put(Finished("", result=FOUND))
    desk.qtbot.waitUntil(lambda: isinstance(shown(), WeightsMatchDialog), timeout=3000)
    shown().findChild(QPushButton, "match.close").click()
    assert desk.panel.weights == str(tmp_path / "w.safetensors")


def test_another_model_takes_back_the_question(desk, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"x")
    desk.panel.choose_weights(str(tmp_path / "w.safetensors"))
    desk.qtbot.waitUntil(lambda: bool(desk.runs(WeightsJob)), timeout=3000)
    desk.choose("train.model", "unet-mobilenet-v2")
    assert desk.runs(WeightsJob)[-1][1].wishes == ["stop"]
    assert desk.panel.weights == ""


# Earlier runs


def made_run(folder, *, model="unet", backbone=False, card=True, figure=None):
    (folder / ("backbone.safetensors" if backbone else "model.safetensors")).write_bytes(b"x")
    values = {"model": model, "inputs": {"channels": 3, "scaling": "unit"}}
    if not backbone:
        values |= {"task": "semantic-segmentation", "task_values": {"classes": ["background", "<i>cell</i>"]}}
        values |= {"data": {"name": "nuclei", "train": 12}}
    else:
        values |= {"objective": "masked-patches", "objective_title": "Masked patches"}
        probe = {"before": {"macro_f1": 0.5}, "after": {"macro_f1": 0.6}}
        (folder / "metrics.json").write_text(json.dumps({"validation": {"explained": 0.4}, "probe": probe}))
    (folder / "card.json").write_text(json.dumps(values) if card else "{")
    if figure is not None:
        (folder / "metrics.json").write_text(json.dumps({"validation": {"dice": figure}}))
    return folder


def test_runs_and_pre_trainings_are_offered_with_their_cards_those_that_fit_first(desk):
    other = made_run(desk.project.new_run_folder("resnet18"), model="resnet18")
    first = made_run(desk.project.new_run_folder("unet"), figure=0.8)
    pretrained = made_run(desk.project.new_run_folder("unet"), backbone=True)
    made_run(desk.project.new_run_folder("unet"), card=False)
    desk.project.new_run_folder("unet")
    combo = desk.find(QComboBox, "train.weights")
    combo.setCurrentIndex(combo.findData("?run"))
    dialog = shown()
    assert isinstance(dialog, StartRunDialog)
    assert desk.panel.weights == ""
    table = dialog.findChild(QTableWidget, "startrun.table")
    told = {table.item(n, 0).text(): [table.item(n, c).text() for c in (1, 2, 3)] for n in range(table.rowCount())}
    assert told[first.name] == ["Semantic segmentation", "unet", "dice 0.800"]
    assert told[pretrained.name] == ["Pre-training (Masked patches)", "unet", "linear probe 0.500, then 0.600"]
    assert len(told) == 4
    assert list(told).index(first.name) < list(told).index(other.name)
    row_of = list(told).index(first.name)
    table.selectRow(row_of)
    card = dialog.findChild(QLabel, "startrun.card").text()
    assert "classes background, <i>cell</i>" in card
    assert "learnt from nuclei, 12 samples, pictures scaled unit" in card
    dialog.findChild(QPushButton, "startrun.accept").click()
    assert desk.panel.weights == str(first)
    desk.qtbot.waitUntil(lambda: bool(desk.runs(WeightsJob)), timeout=3000)
    assert desk.runs(WeightsJob)[-1][0].weights == str(first)


def test_choosing_no_run_leaves_the_choice_as_it_was(desk):
    accept(MODELS["unet-mobilenet-v2"].weights)
    desk.choose("train.model", "unet-mobilenet-v2")
    desk.choose("train.weights", "download")
    combo = desk.find(QComboBox, "train.weights")
    combo.setCurrentIndex(combo.findData("?run"))
    assert shown().findChild(QLabel, "startrun.card").text() == "No run of this project has weights yet."
    assert not shown().findChild(QPushButton, "startrun.accept").isEnabled()
    shown().findChild(QPushButton, "startrun.cancel").click()
    assert desk.panel.weights == "download"


def test_a_run_can_be_chosen_by_keyboard(qtbot, tmp_path):
    runs = to_start_from([made_run_in(tmp_path, name) for name in ("0001-unet", "0002-unet")])
    dialog = StartRunDialog(runs, "unet")
    qtbot.addWidget(dialog)
    dialog.show()
    told = []
    dialog.run_chosen.connect(told.append)
    dialog.table.setCurrentCell(1, 0)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert told == [str(runs[1].folder)]


def made_run_in(parent, name):
    (parent / name).mkdir()
    return made_run(parent / name)


def test_a_run_is_remembered_as_a_start(desk, qtbot):
    folder = made_run(desk.project.new_run_folder("unet"))
    desk.panel.choose_weights(str(folder))
    desk.qtbot.waitUntil(lambda: bool(desk.runs(WeightsJob)), timeout=3000)
    desk.runs(WeightsJob)[-1][1].feed.put(Finished("", result=FOUND))
    desk.qtbot.waitUntil(lambda: isinstance(shown(), WeightsMatchDialog), timeout=3000)
    shown().accept()
    _, run = desk.start()
    run.feed.put(Finished("done", stopped=True))
    desk.qtbot.waitUntil(lambda: desk.enabled() == ["start"], timeout=3000)
    again = Desk(qtbot, desk.project)
    assert again.panel.weights == str(folder)
    again.center.close(save=False)


# Terms


def test_terms_are_asked_for_once(desk):
    desk.choose("train.model", "unet-mobilenet-v2")
    desk.choose("train.weights", "download")
    shown().findChild(QPushButton, "weights.accept").click()
    assert accepted(MODELS["unet-mobilenet-v2"].weights)
    desk.choose("train.weights", "")
    desk.choose("train.weights", "download")
    assert shown() is None
    assert desk.panel.weights == "download"


@pytest.mark.parametrize("make", [lambda: WeightsMatchDialog(FOUND, "R"), lambda: StartRunDialog([], "unet")])
def test_the_dialogs_name_their_parts(qtbot, make):
    dialog = make()
    qtbot.addWidget(dialog)
    assert isinstance(dialog, QDialog)
    for kind in (QPushButton, QComboBox, QLineEdit, QTableView):
        for widget in dialog.findChildren(kind):
            assert "." in widget.objectName(), widget
            assert widget.accessibleName(), widget.objectName()
            assert widget.toolTip(), widget.objectName()
    assert dialog.findChildren(QWidget)
