"""The queue of trainings: its order, its pause, what survives the window, and what goes on without it."""

import json
from dataclasses import asdict, replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QPushButton, QTableView, QToolButton

from biofm_desktop.engine.events import Failed, Finished, to_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, TrainJob
from biofm_desktop.engine.processes import ProcessId
from biofm_desktop.engine.runners import entries
from biofm_desktop.engine.runners.register import new_entry, write_entry
from biofm_desktop.gui.dialogs.closing import ClosingDialog
from biofm_desktop.gui.docks.jobs import JobsPanel
from biofm_desktop.gui.flows import queue_flow
from biofm_desktop.gui.flows.queue_flow import QueueFlow
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.job_fakes import FakeRunner, Idle

GONE = asdict(replace(ProcessId.me(), begun=1.0))


class Desk:
    """A jobs panel with its flow and a stand-in for the child; jobs are trainings named by a letter."""

    def __init__(self, qtbot, folder):
        self.qtbot, self.folder, self.runner = qtbot, folder, FakeRunner()
        self.center = JobCenter(self.runner)
        self.panel = JobsPanel(self.center)
        qtbot.addWidget(self.panel)
        self.panel.resize(800, 240)
        self.panel.show()
        self.flow = QueueFlow(self.panel, self.center)
        self.said, self.faults = [], []
        self.flow.message.connect(self.said.append)
        self.flow.failed.connect(lambda words, _: self.faults.append(words))

    def job(self, name):
        return TrainJob(task="t", data=("x.csv",), model="m", out=str(self.folder / name))

    def submit(self, *names):
        return [self.center.submit(self.job(name), title=name) for name in names]

    def running(self, count=1):
        """Wait until so many jobs were given to the child; return the last one's run."""
        self.qtbot.waitUntil(lambda: len(self.runner.runs) == count, timeout=3000)
        return self.runner.runs[-1][1]

    @property
    def table(self):
        return self.panel.findChild(QTableView, "jobs.list")

    def rows(self):
        model = self.table.model()
        return [(model.index(row, 0).data(), model.index(row, 1).data()) for row in range(model.rowCount())]

    def order(self):
        return [handle.title for handle in self.center.waiting]

    def mark(self, handle):
        self.table.selectRow(self.table.model().row_of(handle))

    def press(self, name):
        button = self.panel.findChild(QToolButton, f"jobs.{name}")
        assert button.isEnabled(), name
        button.click()

    def key(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        self.panel.activateWindow()
        self.table.setFocus()
        self.qtbot.waitUntil(self.table.hasFocus, timeout=2000)
        self.qtbot.keyClick(self.table, key, modifier)

    def hold(self):
        self.panel.findChild(QPushButton, "jobs.hold").click()


@pytest.fixture
def desk(qtbot, tmp_path):
    made = Desk(qtbot, tmp_path / "runs")
    yield made
    made.center.close(save=False)


def kept(own_folders):
    """What the files of the queue hold: the titles of what runs and of what waits."""
    found = []
    for path in sorted((own_folders / "config" / "queue").glob("*.json")):
        values = json.loads(path.read_text())
        found += [values["running"]["title"] if values["running"] else None]
        found += [entry["title"] for entry in values["waiting"]]
    return found


def as_if_it_had_crashed(own_folders):
    """Let the file of the queue be of a process that is gone."""
    for path in (own_folders / "config" / "queue").glob("*.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "process": GONE}))
        path.rename(path.with_name("1-1.json"))


def test_the_order_of_what_waits_is_shown_and_changed_by_buttons_and_keys(desk):
    _, b, c, d = desk.submit("a", "b", "c", "d")
    assert desk.rows() == [("b", "Waiting"), ("c", "Waiting"), ("d", "Waiting"), ("a", "Running")]
    desk.mark(d)
    desk.press("up")
    assert desk.order() == ["b", "d", "c"]
    desk.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert desk.order() == ["d", "b", "c"]
    assert desk.panel.marked is d
    assert not desk.panel.findChild(QToolButton, "jobs.up").isEnabled()
    desk.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    desk.mark(c)
    desk.key(Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
    assert desk.order() == ["c", "b", "d"]
    assert [title for title, _ in desk.rows()] == ["c", "b", "d", "a"]
    model = desk.table.model()
    assert [model.index(row, 3).data() for row in range(2)] == ["Next in the queue", "Number 2 in the queue"]
    desk.running().feed.put(Finished("done"))
    desk.running(2)
    assert desk.runner.runs[1][0] == c.job
    assert desk.rows() == [("b", "Waiting"), ("d", "Waiting"), ("c", "Running"), ("a", "Done")]
    assert b.state == "waiting"


@pytest.mark.parametrize(
    ("dragged", "row", "order"), [(2, 0, "dbc"), (0, 2, "cbd"), (0, 5, "cdb"), (1, 1, "bcd"), (3, 0, "bcd")]
)
def test_a_waiting_job_is_dragged_to_another_place(desk, dragged, row, order):
    desk.submit("a", "b", "c", "d")
    model = desk.table.model()
    data = model.mimeData([model.index(dragged, 0)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())
    assert "".join(desk.order()) == order
    assert model.rowCount() == 4
    draggable = [bool(model.flags(model.index(n, 0)) & Qt.ItemFlag.ItemIsDragEnabled) for n in range(4)]
    assert draggable == [True, True, True, False]


def test_a_paused_queue_begins_nothing_but_what_is_let(desk):
    _, b, c = desk.submit("a", "b", "c")
    desk.hold()
    desk.running().feed.put(Finished("done"))
    desk.qtbot.waitUntil(lambda: desk.center.current is None, timeout=3000)
    assert desk.order() == ["b", "c"]
    assert not desk.center.busy
    assert "which is paused" in desk.table.model().index(0, 3).data()
    desk.center.submit(Idle(), quiet=True)
    desk.running(2).feed.put(Finished("looked"))
    desk.qtbot.waitUntil(lambda: desk.center.current is None, timeout=3000)
    desk.mark(c)
    desk.press("next")
    desk.running(3).feed.put(Finished("done"))
    assert desk.runner.runs[-1][0] == c.job
    desk.qtbot.waitUntil(lambda: desk.center.current is None, timeout=3000)
    assert b.state == "waiting"
    desk.hold()
    desk.running(4)
    assert b.state == "running"


def test_jobs_are_removed_before_and_after_they_ran(desk):
    a, b, c = desk.submit("a", "b", "c")
    desk.mark(b)
    desk.key(Qt.Key.Key_Delete)
    assert [title for title, _ in desk.rows()] == ["c", "a"]
    desk.mark(a)
    assert not desk.panel.findChild(QToolButton, "jobs.remove").isEnabled()
    desk.running().feed.put(Finished("done"))
    desk.qtbot.waitUntil(lambda: c.state == "running", timeout=3000)
    desk.mark(a)
    desk.press("remove")
    assert desk.rows() == [("c", "Running")]


def test_a_failed_job_is_done_again_from_its_start_into_a_new_folder(desk):
    [a] = desk.submit("a")
    (desk.folder / "a").mkdir(parents=True)
    (desk.folder / "a" / "model.safetensors").write_bytes(b"x")
    desk.running().feed.put(Failed("The disk is full"))
    desk.qtbot.waitUntil(lambda: a.state == "failed", timeout=3000)
    assert not desk.panel.findChild(QToolButton, "jobs.go_on").isEnabled()
    desk.press("restart")
    desk.running(2)
    assert desk.runner.runs[1][0] == replace(a.job, out=str(desk.folder / "a-2"))


def can_go_on(folder):
    """Make a run folder as a training leaves it that was stopped midway."""
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "state.pt").write_bytes(b"x")
    for name, values in (("job", {}), ("splits", {}), ("card", {"fit": {"epochs": 9}}), ("metrics", {"epochs": 3})):
        (folder / f"{name}.json").write_text(json.dumps(values))


def test_a_stopped_job_goes_on(desk):
    [a] = desk.submit("a")
    can_go_on(desk.folder / "a")
    desk.running()
    desk.press("stop")
    desk.qtbot.waitUntil(lambda: a.state == "stopped", timeout=3000)
    desk.press("go_on")
    desk.running(2)
    assert desk.runner.runs[1][0] == ContinueJob(run_folder=str(desk.folder / "a"))


def test_what_waits_survives_a_crash_and_is_offered_in_a_paused_queue(desk, qtbot, own_folders, tmp_path):
    can_go_on(desk.folder / "a")
    desk.submit("a", "b", "c")
    desk.center.submit(Idle())  # no training: not kept
    assert kept(own_folders) == ["a", "b", "c"]
    desk.mark(desk.center.waiting[1])
    desk.press("up")
    assert kept(own_folders) == ["a", "c", "b"]
    as_if_it_had_crashed(own_folders)
    again = Desk(qtbot, desk.folder)
    again.flow.begin()
    assert again.order() == ["a", "c", "b"]
    assert again.center.waiting[0].job == ContinueJob(run_folder=str(desk.folder / "a"))
    assert again.runner.runs == []
    assert "3 trainings wait from last time" in again.said[0]
    assert kept(own_folders) == [None, "a", "c", "b"]
    assert not (own_folders / "config" / "queue" / "1-1.json").exists()
    again.hold()
    again.running()
    again.center.close(save=True)


def test_what_waits_survives_closing_and_what_ran_was_stopped(desk, qtbot, own_folders):
    _, waiting = desk.submit("a", "b")
    desk.running()
    desk.center.close(save=True)
    assert waiting.kept
    assert kept(own_folders) == [None, "b"]
    third = Desk(qtbot, desk.folder)
    third.flow.begin()  # the other window lives: its queue is its own
    assert third.order() == []
    as_if_it_had_crashed(own_folders)
    third.flow.kept.offer()
    assert third.order() == ["b"]
    third.mark(third.center.waiting[0])
    third.press("remove")
    assert kept(own_folders) == []
    third.center.close(save=False)


def test_a_damaged_file_of_the_queue_is_no_obstacle(desk, own_folders):
    folder = own_folders / "config" / "queue"
    folder.mkdir(parents=True)
    (folder / "1-1.json").write_text("{")
    (folder / "2-2.json").write_text('{"process": 3}')
    unknown = {"process": GONE, "running": None, "waiting": [{"title": "x", "job": {"job": "of the future"}}]}
    (folder / "3-3.json").write_text(json.dumps(unknown))
    desk.flow.begin()
    assert (desk.order(), desk.faults) == ([], [])


def test_a_job_moves_to_the_background(desk, monkeypatch):
    asked = []

    def start(jobs):
        asked.append(jobs)
        return [replace(new_entry(*jobs[0]), state="running")]

    monkeypatch.setattr(queue_flow, "start_detached", start)
    a, b = desk.submit("a", "b")
    can_go_on(desk.folder / "a")
    desk.mark(b)
    desk.press("background")
    desk.qtbot.waitUntil(lambda: asked == [[(b.job, "b")]], timeout=3000)
    run = desk.running()
    desk.mark(a)
    desk.press("background")
    going_on = ContinueJob(run_folder=str(desk.folder / "a"))
    desk.qtbot.waitUntil(lambda: asked[1:] == [[(going_on, "a")]], timeout=3000)
    assert run.wishes == ["stop"]
    desk.qtbot.waitUntil(
        lambda: [title for title, _ in desk.rows()] == ["a (background)", "b (background)"], timeout=3000
    )
    assert "a runs in the background" in desk.said[-1]


def test_closing_leaves_what_runs_and_waits_to_the_background_in_their_order(desk, monkeypatch, own_folders):
    asked = []
    monkeypatch.setattr(queue_flow, "start_detached", lambda jobs: asked.append(jobs) or [])
    _, b = desk.submit("a", "b")
    can_go_on(desk.folder / "a")
    desk.running()
    assert desk.flow.can_go_on == 2
    assert desk.flow.all_to_background()
    assert asked == [[(ContinueJob(run_folder=str(desk.folder / "a")), "a"), (b.job, "b")]]
    assert desk.order() == []
    assert kept(own_folders) == []


def test_where_the_background_cannot_begin_the_window_stays_and_trains_on(desk, monkeypatch):
    def fails(_):
        raise Fault("background", "the disk is full")

    monkeypatch.setattr(queue_flow, "start_detached", fails)
    desk.submit("a", "b")
    can_go_on(desk.folder / "a")
    desk.running()
    assert not desk.flow.all_to_background()
    assert desk.faults == ["background: the disk is full."]
    desk.running(2)
    assert desk.runner.runs[1][0] == ContinueJob(run_folder=str(desk.folder / "a"))
    assert desk.order() == ["b"]


def test_what_ended_in_the_background_is_listed_and_can_go_on(desk):
    entry = new_entry(desk.job("a"), "a")
    write_entry(replace(entry, name="a", state="running", process=GONE, began=1.0))
    write_entry(replace(entry, name="b", title="b", state="done", last=to_line(Finished("Trained")), began=2.0))
    write_entry(replace(entry, name="old", title="old", job={"job": "of the future"}, began=3.0))
    can_go_on(desk.folder / "a")
    desk.flow.begin()
    desk.qtbot.waitUntil(lambda: len(desk.rows()) == 2, timeout=3000)
    assert desk.rows() == [("b (background)", "Done"), ("a (background)", "Failed")]
    assert "a broke off in the background" in desk.said[0]
    desk.table.selectRow(1)
    desk.press("go_on")
    desk.running()
    assert desk.runner.runs[0][0] == ContinueJob(run_folder=str(desk.folder / "a"))
    desk.table.selectRow(1)
    desk.press("remove")
    assert [found.name for found in entries()] == ["a", "old"]
    assert [title for title, _ in desk.rows()] == ["Go on with a", "a (background)"]


def test_what_runs_in_the_background_is_followed_and_left_alone_at_the_end(desk):
    entry = replace(new_entry(desk.job("a"), "a"), name="a", state="running")
    (desk.folder / "a").mkdir(parents=True)
    (desk.folder / "a" / "job.json").write_text("{}")
    write_entry(entry)
    desk.flow.begin()
    desk.qtbot.waitUntil(lambda: desk.rows() == [("a (background)", "Running")], timeout=3000)
    desk.press("pause")
    assert desk.rows() == [("a (background)", "Paused")]
    wishes = desk.folder / "a" / "control.jsonl"
    desk.qtbot.waitUntil(lambda: wishes.is_file() and wishes.read_text() == '{"pause": true}\n', timeout=3000)
    write_entry(replace(entry, state="running", since=entry.since + 1))
    desk.flow.background.look()
    desk.qtbot.waitUntil(lambda: desk.rows() == [("a (background)", "Running")], timeout=3000)
    assert not desk.center.busy
    desk.center.close(save=True)
    assert entries()[0].standing == "running"


def test_the_closing_dialog_offers_the_background_only_to_trainings(qtbot):
    plain, full = ClosingDialog(), ClosingDialog(trainings=2, waiting=1)
    for dialog in (plain, full):
        qtbot.addWidget(dialog)
    assert plain.findChild(QPushButton, "closing.background") is None
    with qtbot.waitSignal(full.background_chosen, timeout=1000):
        full.findChild(QPushButton, "closing.background").click()
    assert full.result() == 0  # not "stop and save"
