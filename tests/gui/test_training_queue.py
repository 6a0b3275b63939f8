"""The training panel and the queue: several trainings, one of them shown."""

from pathlib import Path

from PySide6.QtWidgets import QLineEdit, QPushButton, QToolButton

from biofm_desktop.engine.events import Finished
from biofm_desktop.engine.jobs import TrainJob
from tests.gui.job_fakes import FakeRun
from tests.gui.test_training import Desk, desk, drawn, events  # noqa: F401 - a fixture


def test_further_trainings_are_queued_and_each_is_shown_when_it_begins(desk, qtbot):  # noqa: F811
    told = []
    desk.flow.message.connect(told.append)
    first, run = desk.start()
    start = desk.find(QPushButton, "train.start")
    assert (start.text(), start.accessibleName()) == ("Queue", "Add to the queue")
    start.click()
    assert desk.flow.handle.job == first
    assert "1 in the queue now" in told[0]
    assert desk.status().endswith("1 more in the queue")
    (Path(first.out) / "model.safetensors").write_bytes(b"x")
    run.feed.put(Finished("Trained"))
    qtbot.waitUntil(lambda: len(desk.runs(TrainJob)) == 2, timeout=3000)
    second, run = desk.runs(TrainJob)[-1]
    assert desk.flow.handle.job == second != first
    for event in events():
        run.feed.put(event)
    qtbot.waitUntil(lambda: second.out in desk.plots._runs, timeout=3000)
    run.feed.put(Finished("Trained", stopped=True))
    qtbot.waitUntil(lambda: start.text() == "Start", timeout=3000)
    assert not Path(second.out).exists()  # nothing was written into it


def test_a_waiting_training_that_is_removed_gives_its_folder_back_and_one_that_is_kept_does_not(desk):  # noqa: F811
    _, run = desk.start()
    for _ in range(2):
        desk.find(QPushButton, "train.start").click()
    removed, kept = desk.center.waiting
    kept.kept = True
    for handle in (removed, kept):
        desk.center.drop(handle)
    assert (Path(removed.job.out).exists(), Path(kept.job.out).exists()) == (False, True)
    run.feed.put(Finished("Trained"))


def test_a_training_begins_in_the_background_where_that_is_asked_for(desk, qtbot):  # noqa: F811
    with qtbot.waitSignal(desk.flow.background_wanted, timeout=1000) as told:
        desk.find(QToolButton, "train.background").click()
    job, title = told.args
    assert isinstance(job, TrainJob)
    assert title.startswith("Train U-Net on")
    assert desk.runs(TrainJob) == []


def test_several_devices_learn_beside_the_window_and_odd_ones_leave_no_folder(desk, qtbot):  # noqa: F811
    devices = desk.find(QLineEdit, "train.options.devices")
    devices.setText("cpu, 2")
    before = list((desk.project.folder / "runs").glob("*"))
    desk.find(QPushButton, "train.start").click()
    assert "'2' is no device" in desk.status()
    assert list((desk.project.folder / "runs").glob("*")) == before
    devices.setText("cpu, cpu")
    with qtbot.waitSignal(desk.flow.background_wanted, timeout=1000) as told:
        desk.find(QPushButton, "train.start").click()
    assert told.args[0].fit_options["devices"] == ("cpu", "cpu")
    assert desk.runs(TrainJob) == []


def test_the_user_looks_from_one_training_to_another(desk, qtbot):  # noqa: F811
    _, run = desk.start()
    for event in events():
        run.feed.put(event)
    beside = FakeRun(*events(7))
    other = TrainJob(task="t", data=("x",), model="m", out=str(desk.project.folder / "runs" / "other"))
    handle = desk.center.follow(other, "Other", lambda: beside, "running")
    qtbot.waitUntil(lambda: len(handle.events) == 9, timeout=3000)
    assert desk.flow.handle is not handle  # what the window trains itself goes first
    assert desk.find(QPushButton, "train.start").text() == "Queue"
    desk.flow.show_job(handle)
    assert len(desk.plots._runs[other.out].curves["train loss"]) == 7
    assert "step 7 of 20" in desk.status()
    beside.feed.put(Finished("Trained"))
    qtbot.waitUntil(lambda: handle.ended, timeout=3000)
    run.feed.put(Finished("Trained"))
