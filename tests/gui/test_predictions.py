"""Predicting in the window: from a choice to rows of a table, and on to labels."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTableView

from biofm_desktop.engine.events import Failed, Finished, Preview, Progress
from biofm_desktop.engine.predictions import ClassPrediction, MaskPrediction
from biofm_desktop.engine.project.prediction_store import PredictionWriter
from biofm_desktop.gui.docks.export import ExportPanel
from biofm_desktop.gui.docks.predictions import PredictionsPanel
from biofm_desktop.gui.flows.prediction_flow import PredictionFlow
from biofm_desktop.gui.widgets.prediction_model import PredictionModel, Row
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.conftest import picture
from tests.gui.job_fakes import FakeRunner


class Desk:
    """The panels with a flow, a project of four pictures (two without a label), and a stand-in for the child."""

    def __init__(self, qtbot, project):
        self.runner, self.panel, self.export = FakeRunner(), PredictionsPanel(), ExportPanel()
        self.center = JobCenter(self.runner)
        for widget in (self.panel, self.export):
            qtbot.addWidget(widget)
            widget.resize(330, 600)
            widget.show()
        self.flow = PredictionFlow(self.panel, self.export, self.center)
        self.qtbot, self.project = qtbot, project
        self.run = project.new_run_folder("resnet18")
        (self.run / "model.safetensors").write_bytes(b"x")
        self.flow.set_project(project)

    def find(self, kind, name):
        return self.panel.findChild(kind, name) or self.export.findChild(kind, name)

    def scope(self, name):
        combo = self.find(QComboBox, "predict.scope")
        combo.setCurrentIndex(combo.findData(name))

    def start(self):
        before = len(self.runner.runs)
        self.find(QPushButton, "predict.start").click()
        self.qtbot.waitUntil(lambda: len(self.runner.runs) > before, timeout=3000)
        return self.runner.runs[-1]

    def finish(self, job, run, predictions):
        """Do what the job would: fill the store, tell each prediction, end."""
        with PredictionWriter(Path(job.out)) as store:
            for done, prediction in enumerate(predictions, 1):
                store.add(prediction)
                run.feed.put(Preview(prediction.key, prediction.text, prediction.confidence, job.out))
                run.feed.put(Progress(done, len(predictions), "Predicting"))
        with self.qtbot.waitSignal(self.flow.predictions_arrived, timeout=5000) as told:
            run.feed.put(Finished(f"{len(predictions)} samples predicted"))
        return told.args[0]

    def rows(self):
        model = self.find(QTableView, "predict.table").model()
        return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]

    def status(self):
        return self.find(QLabel, "predict.status").text()


@pytest.fixture
def desk(qtbot, make_project):
    project = make_project(
        picture("a", target="ill"),
        picture("b", target="healthy"),
        picture("c"),
        picture("d"),
        classes=("healthy", "ill"),
    )
    made = Desk(qtbot, project)
    yield made
    made.center.close(save=False)


def said(key, label, sure):
    return ClassPrediction(key, label, sure, {"healthy": 1 - sure, "ill": sure})


def test_without_a_trained_model_nothing_can_be_predicted(desk):
    desk.panel.offer_runs([])
    assert not desk.find(QPushButton, "predict.start").isEnabled()


@pytest.mark.parametrize(("scope", "keys"), [("unlabelled", ("c", "d")), ("all", ()), ("sample", ("b",))])
def test_the_scope_says_which_samples_are_predicted(desk, scope, keys):
    desk.flow.set_current_key("b")
    desk.scope(scope)
    job, _ = desk.start()
    assert job.keys == keys
    assert job.run_folder == str(desk.run)
    assert Path(job.out).parent == desk.project.folder / "predictions"


def test_when_all_have_labels_the_panel_says_so(desk):
    for key in ("c", "d"):
        desk.project.set_target(key, "ill")
    desk.find(QPushButton, "predict.start").click()
    assert "Every sample has a label" in desk.status()
    assert desk.runner.runs == []


def test_predictions_fill_the_table_while_they_come(desk):
    job, run = desk.start()
    run.feed.put(Preview("c", "ill", 0.9, job.out))
    desk.qtbot.waitUntil(lambda: desk.rows() == [["c", "ill", "90 %", ""]], timeout=3000)
    assert desk.find(QPushButton, "predict.stop").isEnabled()
    arrived = desk.finish(job, run, [said("c", "ill", 0.9), said("d", "healthy", 0.6)])
    assert [prediction.key for prediction in arrived] == ["c", "d"]
    assert len(desk.rows()) == 2
    assert desk.find(QPushButton, "predict.start").isEnabled()


def test_a_later_prediction_takes_the_place_of_the_earlier_one(desk):
    desk.finish(*desk.start(), [said("c", "ill", 0.9), said("d", "ill", 0.9)])
    desk.flow.set_current_key("c")
    desk.scope("sample")
    desk.finish(*desk.start(), [said("c", "healthy", 0.7)])
    assert desk.rows() == [["c", "healthy", "70 %", ""], ["d", "ill", "90 %", ""]]
    assert len(desk.flow.predictions) == 2


def test_a_click_shows_the_sample(desk):
    desk.finish(*desk.start(), [said("c", "ill", 0.9), said("d", "ill", 0.9)])
    table = desk.find(QTableView, "predict.table")
    with desk.qtbot.waitSignal(desk.flow.show_sample) as shown:
        where = table.visualRect(table.model().index(1, 0)).center()
        desk.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert shown.args == ["d"]
    table.setFocus()
    with desk.qtbot.waitSignal(desk.flow.show_sample) as shown:
        desk.qtbot.keyClick(table, Qt.Key.Key_Up)
    assert shown.args == ["c"]


def test_showing_a_sample_elsewhere_marks_its_row_and_asks_for_nothing(desk, qtbot):
    desk.finish(*desk.start(), [said("c", "ill", 0.9), said("d", "ill", 0.9)])
    with qtbot.assertNotEmitted(desk.flow.show_sample):
        desk.flow.set_current_key("d")
    assert desk.panel.marked_keys() == ["d"]


def test_marked_predictions_are_offered_as_labels(desk):
    desk.finish(*desk.start(), [said("c", "ill", 0.9), said("d", "ill", 0.9)])
    desk.flow.accept_requested.connect(lambda keys: [desk.project.set_target(key, "ill") for key in keys])
    desk.find(QTableView, "predict.table").selectRow(1)
    with desk.qtbot.waitSignal(desk.flow.accept_requested) as told:
        desk.find(QPushButton, "predict.accept").click()
    assert told.args == [["d"]]
    assert desk.rows()[1] == ["d", "ill", "90 %", "ill"]


def test_a_failure_is_told_and_what_was_predicted_stays(desk):
    job, run = desk.start()
    with PredictionWriter(Path(job.out)) as store:
        store.add(said("c", "ill", 0.9))
    with desk.qtbot.waitSignals([desk.flow.failed, desk.flow.predictions_arrived], timeout=5000):
        run.feed.put(Failed("The training process ended unexpectedly."))
    assert "ended unexpectedly" in desk.status()
    assert desk.rows() == [["c", "ill", "90 %", ""]]


def test_another_model_begins_with_an_empty_table(desk):
    desk.finish(*desk.start(), [said("c", "ill", 0.9)])
    other = desk.project.new_run_folder("vgg16")
    (other / "model.safetensors").write_bytes(b"x")
    desk.flow.set_run(other)
    assert desk.panel.run == str(other)
    assert desk.rows() == []


def test_predictions_of_another_folder_are_not_laid_over_the_project(desk, tmp_path, qtbot):
    desk.scope("folder")
    desk.panel.folder = str(tmp_path)
    desk.panel.start_requested.emit()
    qtbot.waitUntil(lambda: bool(desk.runner.runs), timeout=3000)
    job, run = desk.runner.runs[-1]
    assert job.inputs == (str(tmp_path),)
    with PredictionWriter(Path(job.out)) as store:
        store.add(said("a", "ill", 0.9))
    with qtbot.assertNotEmitted(desk.flow.predictions_arrived), qtbot.waitSignal(desk.flow.message, timeout=5000):
        run.feed.put(Finished("1 of 1"))
    assert desk.rows() == [["a", "ill", "90 %", ""]]
    with qtbot.assertNotEmitted(desk.flow.accept_requested):
        desk.find(QTableView, "predict.table").selectRow(0)
        desk.find(QPushButton, "predict.accept").click()


def test_masks_are_not_compared_word_by_word():
    mask = np.zeros((4, 4), np.uint8)
    assert MaskPrediction("a", mask, mask, ("bg", "fg"), 0.5, shares={"fg": 0.1}).text == "fg 10.0%"
    assert not Row("a", "fg 10.0%", 0.5, "mask", comparable=False).differs


@pytest.fixture
def model(qtbot):
    made = PredictionModel()
    made.set_labels({"a": "ill", "b": "ill"}, comparable=True)
    made.set_rows([Row("a", "ill", 0.9), Row("b", "healthy", 0.95), Row("c", "ill", 0.5)])
    return made


def keys(model):
    return [model.key_at(row) for row in range(model.rowCount())]


def test_the_table_is_sorted_by_any_column(model):
    model.sort(2)
    assert keys(model) == ["c", "a", "b"]
    model.sort(2, Qt.SortOrder.DescendingOrder)
    assert keys(model) == ["b", "a", "c"]
    model.sort(1)
    assert keys(model) == ["b", "a", "c"]


def test_numbers_are_sorted_by_size(model):
    model.set_rows([Row("a", "10 px"), Row("b", "9.5 px"), Row("c", "-1 px")])
    model.sort(1)
    assert keys(model) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Differs from label", ["b"]), ("Without a label", ["c"]), ("Unsure (below 70 %)", ["c"])],
)
def test_the_table_is_narrowed_to_what_needs_a_look(model, kind, expected):
    model.narrow("", kind)
    assert keys(model) == expected


def test_the_filter_looks_into_names_and_words(desk):
    desk.finish(*desk.start(), [said("c", "ill", 0.9), said("d", "healthy", 0.6)])
    desk.qtbot.keyClicks(desk.find(QLineEdit, "predict.filter"), "heal")
    assert [row[0] for row in desk.rows()] == ["d"]
