"""The clusters dialog, the choice of a cluster in the training panel, and its jobs among the others."""

import os
import sys
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox, QToolButton

from biofm_desktop.engine.clusters import ClusterProfile, load_profiles, save_profiles
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.runners import cluster, entries, needs_team
from biofm_desktop.gui.dialogs.clusters import ClustersDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows import cluster_flow, queue_flow
from biofm_desktop.gui.flows.cluster_flow import ClusterFlow
from tests.engine.runners.fake_slurm import fake_slurm
from tests.gui.test_queue import Desk

GPU = ClusterProfile(name="gpu", partition="a100", gpus=4)


@pytest.fixture
def show(qtbot):
    def made(*profiles):
        dialog = ClustersDialog(profiles)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return made


def part(dialog, kind, name):
    found = dialog.findChild(kind, f"clusters.{name}")
    assert found is not None, name
    return found


def press(dialog, name):
    part(dialog, QPushButton, name).click()


def test_a_first_profile_is_written_and_kept(show, qtbot):
    dialog = show()
    told = []
    dialog.profiles_changed.connect(told.append)
    assert not part(dialog, QPushButton, "delete").isEnabled()
    part(dialog, QLineEdit, "name").setText("long")
    part(dialog, QLineEdit, "partition").setText("cpu")
    part(dialog, QSpinBox, "gpus").setValue(0)
    assert part(dialog, QComboBox, "list").currentText() == "long"
    press(dialog, "accept")
    assert [(p.name, p.partition, p.gpus) for p in load_profiles()] == [("long", "cpu", 0)]
    assert told == [load_profiles()]
    assert not dialog.isVisible()


def test_profiles_are_chosen_copied_and_deleted(show):
    dialog = show(GPU, replace(GPU, name="long", hours=48.0))
    names = part(dialog, QComboBox, "list")
    names.setCurrentIndex(1)
    names.activated.emit(1)
    assert part(dialog, QLineEdit, "hours").text() == "48"
    press(dialog, "new")
    assert names.currentText() == "long-2"
    part(dialog, QLineEdit, "hours").setText("2")
    names.setCurrentIndex(0)
    names.activated.emit(0)
    press(dialog, "delete")
    press(dialog, "accept")
    assert [(p.name, p.hours) for p in load_profiles()] == [("long", 48.0), ("long-2", 2.0)]


def test_what_makes_no_sense_is_said_and_nothing_is_lost(show):
    dialog = show(GPU, replace(GPU, name="long"))
    part(dialog, QLineEdit, "name").setText("my gpu")
    names = part(dialog, QComboBox, "list")
    names.setCurrentIndex(1)
    names.activated.emit(1)
    assert "this name does not do" in part(dialog, QLabel, "fault").text()
    assert names.currentIndex() == 0
    part(dialog, QLineEdit, "name").setText("long")
    press(dialog, "accept")
    assert "two profiles have this name" in part(dialog, QLabel, "fault").text()
    part(dialog, QLineEdit, "name").setText("gpu")
    part(dialog, QLineEdit, "hours").setText("-1")
    press(dialog, "accept")
    assert dialog.isVisible()
    assert load_profiles() == []


def test_nothing_touched_keeps_nothing_and_all_can_be_deleted(show):
    press(show(), "accept")
    assert load_profiles() == []
    save_profiles([GPU])
    dialog = show(GPU)
    press(dialog, "delete")
    press(dialog, "accept")
    assert load_profiles() == []


class Room:
    """A training panel with what takes its trainings, and the jobs."""

    def __init__(self, qtbot, tmp_path):
        self.desk = Desk(qtbot, tmp_path / "runs")
        self.panel = TrainingPanel()
        qtbot.addWidget(self.panel)
        self.flow = ClusterFlow(self.panel, self.desk.flow)
        self.said, self.faults = [], []
        self.flow.message.connect(self.said.append)
        self.flow.failed.connect(lambda words, _: self.faults.append(words))
        self.panel.background_requested.connect(lambda: self.flow.start(self.desk.job("a"), "Train a"))

    def menu(self):
        self.flow.fill()
        menu = self.panel.findChild(QToolButton, "train.background").menu()
        return {action.text(): action for action in menu.actions() if action.text()}


@pytest.fixture
def room(qtbot, tmp_path):
    made = Room(qtbot, tmp_path)
    yield made
    made.desk.center.close(save=False)


def test_the_arrow_offers_the_clusters(room, monkeypatch):
    assert list(room.menu()) == ["Clusters …"]
    save_profiles([GPU, replace(GPU, name="long")])
    assert list(room.menu()) == ["Train on gpu", "Train on long", "Clusters …"]
    local = []
    monkeypatch.setattr(queue_flow, "start_detached", lambda jobs: local.append(jobs) or [])
    monkeypatch.setattr(room.desk.flow, "_show_started", lambda made: None)
    room.panel.background_requested.emit()  # the button itself means this computer
    room.desk.qtbot.waitUntil(lambda: bool(local), timeout=3000)


def test_a_cluster_that_is_not_there_is_one_clear_error(room, monkeypatch):
    def missing(job, title, profile):
        raise Fault(f"cluster {profile.name}", "SLURM's command sbatch is not on this computer", "Start it there")

    monkeypatch.setattr(cluster_flow, "submit_to_cluster", missing)
    save_profiles([GPU])
    room.menu()["Train on gpu"].trigger()
    room.desk.qtbot.waitUntil(lambda: bool(room.faults), timeout=3000)
    assert room.faults == ["cluster gpu: SLURM's command sbatch is not on this computer. Start it there."]
    assert room.desk.center.jobs == []


@pytest.mark.skipif(sys.platform == "win32", reason="SLURM is for Linux")
def test_a_job_that_waits_there_is_shown_and_taken_back(room, tmp_path, monkeypatch):
    made = fake_slurm(tmp_path / "slurm")
    (made / "hold").touch()
    monkeypatch.setenv("PATH", f"{made}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.1)
    save_profiles([GPU])
    room.menu()["Train on gpu"].trigger()
    room.desk.qtbot.waitUntil(lambda: bool(room.desk.center.jobs) or bool(room.faults), timeout=20_000)
    assert room.faults == []
    assert "waits for gpu (SLURM job 7)" in room.said[-1]
    [handle] = room.desk.center.jobs
    assert (handle.state, handle.message) == ("waiting", "On gpu, SLURM job 7")
    room.desk.mark(handle)
    room.desk.press("stop")
    room.desk.qtbot.waitUntil(lambda: handle.ended, timeout=10_000)
    assert handle.state == "stopped"
    assert (made / "gone-7").exists()
    assert [entry.state for entry in entries()] == ["stopped"]


def test_several_devices_are_started_beside_the_window(room, monkeypatch):
    job = TrainJob(task="t", data=("x.csv",), model="m", out="r", fit_options={"devices": ["cpu", "cpu"]})
    assert needs_team(job)
    started = []
    monkeypatch.setattr(room.desk.flow, "start_background", lambda *words: started.append(words))
    room.desk.flow._begin(job, "Two")
    assert started == [(job, "Two")]
    assert room.desk.center.waiting == []
