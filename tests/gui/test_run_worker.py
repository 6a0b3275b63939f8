"""Jobs in the window: one at a time, events in batches, and no job ends without a word."""

import threading
import time

import pytest

from biofm_desktop.engine.events import Failed, Finished, Started, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.gui.workers.job_center import JobCenter
from biofm_desktop.gui.workers.run_worker import RunWorker
from tests.gui.job_fakes import FakeRun, FakeRunner, Idle


@pytest.fixture
def runner():
    return FakeRunner()


@pytest.fixture
def center(qtbot, runner):
    made = JobCenter(runner)
    yield made
    made.close(save=False)


def steps(first, last):
    return [StepDone(i, 1, 1.0 / i, 0.1) for i in range(first, last + 1)]


def worker_for(run):
    return RunWorker(lambda: run)


def test_every_event_arrives_in_order_and_in_few_batches(qtbot):
    events = [Started("t", 2000), *steps(1, 2000), Finished("done")]
    worker, batches = worker_for(FakeRun(*events)), []
    worker.events_arrived.connect(batches.append)
    began = time.monotonic()
    with qtbot.waitSignal(worker.ended, timeout=5000):
        worker.start()
    assert [event for batch in batches for event in batch] == events
    assert len(batches) <= 2 + (time.monotonic() - began) * 20


def test_an_event_is_not_held_back_until_the_next_one_comes(qtbot):
    run = FakeRun(Started("t"))
    worker, seen = worker_for(run), []
    worker.events_arrived.connect(seen.extend)
    worker.start()
    qtbot.waitUntil(lambda: len(seen) == 1, timeout=2000)
    run.feed.put(steps(1, 1)[0])
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=2000)
    run.stop()
    qtbot.waitSignal(worker.ended, timeout=2000).wait()
    worker.wait()


@pytest.mark.parametrize(
    ("error", "words"),
    [(Fault("file.png", "it is empty"), "file.png: it is empty"), (ZeroDivisionError("by nought"), "by nought")],
)
def test_what_the_run_raises_becomes_a_failure(qtbot, error, words):
    worker, seen = worker_for(FakeRun(error)), []
    worker.events_arrived.connect(seen.extend)
    with qtbot.waitSignal(worker.ended, timeout=2000):
        worker.start()
    assert isinstance(seen[-1], Failed)
    assert words in seen[-1].message


def test_a_run_that_ends_without_a_word_becomes_a_failure(qtbot):
    worker, seen = worker_for(FakeRun(None)), []
    worker.events_arrived.connect(seen.extend)
    with qtbot.waitSignal(worker.ended, timeout=2000):
        worker.start()
    assert isinstance(seen[-1], Failed)


def test_a_wish_made_before_the_run_stands_reaches_it(qtbot):
    run, gate = FakeRun(), threading.Event()

    def start():
        gate.wait(5)
        return run

    worker = RunWorker(start)
    with qtbot.waitSignal(worker.ended, timeout=5000):
        worker.start()
        worker.stop_run()
        gate.set()
    assert run.wishes == ["stop"]


def test_one_job_runs_at_a_time_and_the_next_follows(qtbot, center, runner):
    first, second = center.submit(Idle(what="a")), center.submit(Idle(what="b"), title="The second")
    qtbot.waitUntil(lambda: len(runner.runs) == 1, timeout=2000)
    assert (first.state, second.state, second.title) == ("running", "waiting", "The second")
    with qtbot.waitSignal(first.finished, timeout=2000):
        runner.runs[0][1].feed.put(Finished("done"))
    assert (first.state, first.last.message) == ("done", "done")
    qtbot.waitUntil(lambda: len(runner.runs) == 2, timeout=2000)
    assert second.state == "running"


def test_pause_resume_and_stop_reach_the_run(qtbot, center, runner):
    handle = center.submit(Idle())
    qtbot.waitUntil(lambda: len(runner.runs) == 1, timeout=2000)
    run = runner.runs[0][1]
    states = []
    handle.state_changed.connect(states.append)
    handle.pause()
    handle.resume()
    with qtbot.waitSignal(handle.finished, timeout=2000):
        handle.stop()
    assert run.wishes == ["pause", "resume", "stop"]
    assert states == ["paused", "running", "stopping", "stopped"]


def test_a_job_that_has_not_begun_can_be_dropped(qtbot, center, runner):
    center.submit(Idle(what="a"))
    waiting = center.submit(Idle(what="b"))
    with qtbot.waitSignal(waiting.finished, timeout=1000):
        waiting.stop()
    assert waiting.state == "stopped"
    assert len(runner.runs) <= 1


def test_quiet_jobs_go_first_and_are_not_listed(qtbot, center, runner):
    added = []
    center.job_added.connect(added.append)
    first = center.submit(Idle(what="a"))
    second = center.submit(Idle(what="b"))
    quiet = center.submit(Idle(what="q"), quiet=True)
    qtbot.waitUntil(lambda: len(runner.runs) == 1, timeout=2000)
    runner.runs[0][1].feed.put(Finished("done"))
    qtbot.waitUntil(lambda: len(runner.runs) == 2, timeout=2000)
    assert added == [first, second]
    assert quiet.state == "running"


def test_progress_is_told_as_a_share_and_in_words(qtbot, center, runner):
    handle = center.submit(Idle())
    qtbot.waitUntil(lambda: len(runner.runs) == 1, timeout=2000)
    with qtbot.waitSignal(handle.events_arrived, timeout=2000):
        for event in [Started("t", steps=10), *steps(1, 5)]:
            runner.runs[0][1].feed.put(event)
    qtbot.waitUntil(lambda: handle.share == 0.5, timeout=2000)
    assert "step 5" in handle.message


def test_a_failed_job_says_why_and_the_next_one_runs(qtbot, center, runner):
    first, second = center.submit(Idle(what="a")), center.submit(Idle(what="b"))
    qtbot.waitUntil(lambda: len(runner.runs) == 1, timeout=2000)
    with qtbot.waitSignal(first.finished, timeout=2000):
        runner.runs[0][1].feed.put(Failed("The training process ended unexpectedly (killed by signal 9, SIGKILL)."))
    assert first.state == "failed"
    assert "SIGKILL" in first.message
    qtbot.waitUntil(lambda: second.state == "running", timeout=2000)


def test_closing_saves_the_running_job_and_closes_the_child(qtbot, runner):
    center = JobCenter(runner)
    center.warm_up()
    handle, waiting = center.submit(Idle(what="a")), center.submit(Idle(what="b"))
    qtbot.waitUntil(lambda: len(runner.runs) == 1, timeout=2000)
    center.close(save=True)
    assert (handle.state, waiting.state) == ("stopped", "stopped")
    assert runner.runs[0][1].wishes == ["stop"]
    assert runner.calls == ["start", "close"]


def test_closing_kills_what_does_not_end_in_time(qtbot, runner):
    class Deaf(FakeRun):
        def stop(self):
            self.wishes.append("stop")

    runner.next = Deaf()
    center = JobCenter(runner)
    handle = center.submit(Idle())
    qtbot.waitUntil(lambda: len(runner.runs) == 1, timeout=2000)
    center.close(save=True, seconds=0.1)
    assert runner.runs[0][1].wishes == ["stop", "kill"]
    assert handle.state == "failed"
