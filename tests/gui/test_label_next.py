"""Label these next, and the loop of correcting and learning, by the names of their parts; jobs are stood in for."""

from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QListView, QPushButton

from biofm_desktop.engine.events import Failed, Finished, StepDone
from biofm_desktop.engine.jobs import PredictJob, RetrainJob, Suggestion, SuggestJob
from biofm_desktop.engine.predictions import ClassPrediction
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.prediction_store import PredictionWriter
from biofm_desktop.gui.docks.export import ExportPanel
from biofm_desktop.gui.docks.label_next import LabelNextPanel
from biofm_desktop.gui.docks.predictions import PredictionsPanel
from biofm_desktop.gui.flows.loop_flow import LoopFlow
from biofm_desktop.gui.flows.prediction_flow import PredictionFlow
from biofm_desktop.gui.flows.suggest_flow import SuggestFlow
from biofm_desktop.gui.workbench import Workbench
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.engine.made_up import class_folder
from tests.gui.job_fakes import FakeRunner

KEYS = ("dark1", "dark2", "light1", "light2")


class Desk:
    """The panel with its flows around a project of pictures, and a stand-in for the child."""

    def __init__(self, qtbot, folder: Path) -> None:
        self.qtbot, self.runner = qtbot, FakeRunner()
        self.center, self.bench = JobCenter(self.runner), Workbench()
        self.panel = LabelNextPanel()
        self.predictions, self.export = PredictionsPanel(), ExportPanel()
        for widget in (self.panel, self.predictions, self.export):
            qtbot.addWidget(widget)
        self.panel.resize(260, 500)
        self.panel.show()
        self.predict = PredictionFlow(self.predictions, self.export, self.center)
        self.suggest = SuggestFlow(self.panel, self.center)
        self.loop = LoopFlow(self.panel, self.bench, self.suggest, self.center)
        self.said: list[str] = []
        for flow in (self.suggest, self.loop):
            flow.show_sample.connect(self.bench.show)
            flow.message.connect(self.said.append)
        self.predict.run_changed.connect(self.suggest.set_run)
        self.predict.run_changed.connect(self.loop.set_run)
        self.loop.run_made.connect(self.predict.set_run)
        self.loop.run_left.connect(self.predict.set_run)
        self.loop.predict_requested.connect(self.predict.predict_these)
        self.predict.predictions_arrived.connect(self.bench.add_predictions)
        self.bench.current_changed.connect(self.suggest.set_current_key)
        self.project = Project.for_data([class_folder(folder / "cells", 4)], folder / "project")
        for key in KEYS:
            self.project.set_target(key, None)
        self.bench.set_project(self.project)
        self.run = self.make_run(self.project.new_run_folder("resnet18"))
        self.suggest.set_project(self.project)
        self.loop.set_project()
        self.predict.set_project(self.project)

    def make_run(self, folder: Path) -> Path:
        (folder / "job.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"x")
        return folder

    def jobs(self, kind: type) -> list:
        return [job for job, _ in self.runner.runs if isinstance(job, kind)]

    def under_way(self, kind: type):
        """Return the job of this kind that runs now, and its run."""
        self.qtbot.waitUntil(lambda: bool(self.runner.runs) and isinstance(self.runner.runs[-1][0], kind), timeout=3000)
        return self.runner.runs[-1]

    def propose(self, *keys: str) -> None:
        """Let the search that is under way propose these."""
        _, run = self.under_way(SuggestJob)
        found = [
            asdict(Suggestion(n, key, 1 - n / 10, f"unsure: 0.52 dark / 0.4{n} light", "dark"))
            for n, key in enumerate(keys, 1)
        ]
        with self.qtbot.waitSignal(self.suggest.proposed, timeout=3000):
            run.feed.put(Finished("proposed", result={"suggestions": found, "unlabelled": 4}))

    def learnt(self) -> None:
        """Let the retraining that is under way end well."""
        job, run = self.under_way(RetrainJob)
        self.make_run(Path(job.out))
        with self.qtbot.waitSignal(self.loop.run_made, timeout=3000):
            run.feed.put(Finished("Learnt 1 sample in 2 epochs", result={}))

    def predicted(self, label: str = "light") -> None:
        """Let the prediction that is under way end."""
        job, run = self.under_way(PredictJob)
        with PredictionWriter(Path(job.out)) as store:
            for key in job.keys:
                store.add(ClassPrediction(key, label, 0.6, {"dark": 0.4, "light": 0.6}))
        with self.qtbot.waitSignal(self.predict.predictions_arrived, timeout=5000):
            run.feed.put(Finished("predicted"))

    def status(self) -> str:
        return self.panel.findChild(QLabel, "loop.status").text()


@pytest.fixture
def desk(qtbot, tmp_path):
    made = Desk(qtbot, tmp_path)
    yield made
    made.center.close(save=False)
    made.bench.close()
    made.project.close()


def test_the_button_asks_for_proposals_and_each_has_its_reason(desk):
    desk.panel.findChild(QPushButton, "next.start").click()
    job, _ = desk.under_way(SuggestJob)
    assert (job.run_folder, job.count, job.measure) == (str(desk.run), 20, "margin")
    desk.propose("light1", "dark1")
    view = desk.panel.findChild(QListView, "next.list")
    assert [view.model().index(row).data() for row in range(view.model().rowCount())] == ["light1", "dark1"]
    where = view.visualRect(view.model().index(1, 0)).center()
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert desk.bench.key == "dark1"
    assert "0.52 dark / 0.42 light" in desk.panel.findChild(QLabel, "next.reason").text()
    desk.predicted()


def test_without_a_model_it_says_what_is_missing(desk):
    desk.predict.set_project(None)
    assert not desk.panel.findChild(QPushButton, "next.start").isEnabled()
    desk.loop.show_next()
    desk.loop.learn()
    assert [words.startswith("Train a model first") for words in desk.said] == [True, True]


def test_the_key_walks_through_the_proposals_and_leaves_out_what_is_labelled(desk):
    desk.loop.show_next()  # there are none yet: it asks for some and then shows the first
    desk.propose("light1", "dark1", "dark2")
    assert desk.bench.key == "light1"
    desk.bench.set_target("dark", ["dark1"])
    desk.loop.show_next()
    assert desk.bench.key == "dark2"
    desk.loop.show_next()
    assert desk.bench.key == "light1"


def test_accepting_keeps_the_answer_and_goes_on(desk):
    desk.loop.accept()
    assert "has not said anything" in desk.said[-1]
    desk.loop.show_next()
    desk.propose("light1", "dark1")
    desk.predicted("light")
    desk.loop.accept()
    assert desk.project.sample("light1").target == "light"
    assert desk.bench.key == "dark1"


def test_one_key_learns_the_corrections_while_the_user_goes_on(desk):
    desk.loop.show_next()
    desk.propose("light1", "dark1", "dark2")
    desk.predicted()
    desk.bench.set_target("dark", ["light1"])
    assert "1 correction not learnt yet" in desk.status()
    desk.loop.learn()
    assert desk.bench.key == "dark1"  # it goes on at once
    job, run = desk.under_way(RetrainJob)
    assert (job.run_folder, job.only, job.replay) == (str(desk.run), ("light1",), 3.0)
    run.feed.put(StepDone(3, 1, 0.5, 1e-4))
    desk.qtbot.waitUntil(lambda: "Learning 1 correction: Epoch 1, step 3" in desk.status(), timeout=3000)
    desk.learnt()
    assert desk.predictions.run == job.out
    assert (desk.run / "model.safetensors").is_file()
    asked, _ = desk.under_way(SuggestJob)
    assert asked.run_folder == job.out  # the new model proposes
    desk.propose("dark2", "light2")
    said, _ = desk.under_way(PredictJob)
    assert said.keys == ("light1", "dark2", "light2")  # the corrected one first, then what is proposed
    desk.predicted()
    assert desk.bench.predictions["dark2"].label == "light"


def test_corrections_made_meanwhile_are_collected_for_the_next_round(desk):
    desk.panel.findChild(QDoubleSpinBox, "loop.replay").setValue(5)
    desk.bench.set_target("dark", ["light1"])
    desk.loop.learn()
    first, _ = desk.under_way(RetrainJob)
    desk.bench.set_target("dark", ["dark1"])
    desk.bench.set_target("dark", ["dark2"])
    assert "2 more wait" in desk.status()
    desk.loop.learn()
    assert len(desk.jobs(RetrainJob)) == 1
    desk.learnt()
    desk.qtbot.waitUntil(lambda: len(desk.jobs(RetrainJob)) == 2, timeout=3000)
    second = desk.jobs(RetrainJob)[1]
    assert (second.run_folder, second.only, second.replay) == (first.out, ("dark1", "dark2"), 5.0)
    assert Path(second.out).name.endswith("-resnet18-corrected")


def test_undo_before_learning_takes_the_correction_out(desk):
    desk.bench.set_target("dark", ["light1"])
    desk.bench.undo()
    assert desk.status() == ""
    desk.loop.learn()
    assert "Nothing new to learn" in desk.said[0]
    assert desk.jobs(RetrainJob) == []


def test_undo_while_learning_drops_what_is_learnt(desk):
    desk.bench.set_target("dark", ["light1"])
    desk.loop.learn()
    job, run = desk.under_way(RetrainJob)
    desk.bench.undo()
    desk.qtbot.waitUntil(lambda: "stop" in run.wishes, timeout=3000)
    desk.qtbot.waitUntil(lambda: not desk.loop.running, timeout=3000)
    assert desk.predictions.run == str(desk.run)
    assert not Path(job.out).exists()


def test_undo_after_learning_goes_back_to_the_model_from_before(desk):
    desk.bench.set_target("dark", ["light1"])
    desk.bench.set_target("dark", ["dark1"])
    desk.loop.learn()
    desk.learnt()
    desk.propose("dark2")
    desk.predicted()
    desk.bench.undo()
    assert desk.predictions.run == str(desk.run)
    assert "taken back" in desk.said[-1]
    assert desk.loop.waiting == ["light1"]  # what else that round learnt waits again
    desk.bench.redo()
    assert desk.loop.waiting == ["light1", "dark1"]


def test_a_failure_is_told_and_the_corrections_wait(desk):
    desk.bench.set_target("dark", ["light1"])
    desk.loop.learn()
    _, run = desk.under_way(RetrainJob)
    with desk.qtbot.waitSignal(desk.loop.failed, timeout=3000):
        run.feed.put(Failed("The training process ended unexpectedly."))
    assert desk.loop.waiting == ["light1"]
    assert "not learnt yet" in desk.status()


def test_choosing_a_run_that_was_made_before_the_correction_lets_it_wait(desk):
    desk.bench.set_target("dark", ["light1"])
    other = desk.make_run(desk.project.new_run_folder("vgg16"))
    import os

    os.utime(other / "job.json", (2e9, 2e9))  # begun after the correction: it knows of it
    desk.predict.set_run(other)
    assert desk.loop.waiting == []
    desk.predict.set_run(desk.run)
    assert desk.loop.waiting == ["light1"]
