"""The window and the real child process: what arrives, how fast it ends, and what follows a sudden death."""

import os
import signal
import time

import psutil
import pytest

from biofm_desktop.engine.events import Failed, Started, StepDone
from biofm_desktop.engine.jobs import SelfTestJob
from biofm_desktop.engine.runners import Child
from biofm_desktop.gui.workers.job_center import JobCenter


@pytest.fixture
def child():
    return Child(cold=True)


@pytest.fixture
def center(qtbot, child):
    made = JobCenter(child)
    made.warm_up()
    yield made
    made.close(save=False)


def long_job():
    return SelfTestJob(steps=100_000, seconds=0.01)


def steps(handle):
    return sum(isinstance(event, StepDone) for event in handle.events)


def test_the_events_of_a_job_arrive_in_the_window(center, qtbot):
    handle = center.submit(SelfTestJob(steps=50))
    with qtbot.waitSignal(handle.finished, timeout=20_000):
        pass
    assert isinstance(handle.events[0], Started)
    assert steps(handle) == 50
    assert handle.state == "done"


def test_a_paused_job_takes_no_steps_until_it_goes_on(center, qtbot):
    handle = center.submit(long_job())
    qtbot.waitUntil(lambda: steps(handle) > 3, timeout=20_000)
    handle.pause()
    qtbot.wait(300)  # what was on its way arrives
    stood = steps(handle)
    qtbot.wait(300)
    assert steps(handle) == stood
    handle.resume()
    qtbot.waitUntil(lambda: steps(handle) > stood, timeout=5000)
    with qtbot.waitSignal(handle.finished, timeout=5000):
        handle.stop()
    assert handle.state == "stopped"


def test_ending_at_once_takes_less_than_a_second(center, qtbot, child):
    handle = center.submit(long_job())
    qtbot.waitUntil(lambda: steps(handle) > 3, timeout=20_000)
    process = psutil.Process(child.process_id)
    began = time.monotonic()
    with qtbot.waitSignal(handle.finished, timeout=5000):
        handle.kill()
    qtbot.waitUntil(lambda: not process.is_running(), timeout=5000)
    assert time.monotonic() - began < 1.0
    assert handle.state == "failed"


def test_after_the_child_is_killed_the_window_says_so_and_the_next_job_runs(center, qtbot, child):
    handle = center.submit(long_job())
    following = center.submit(SelfTestJob(steps=3))
    qtbot.waitUntil(lambda: steps(handle) > 3, timeout=20_000)
    with qtbot.waitSignal(handle.finished, timeout=10_000) as told:
        os.kill(child.process_id, signal.SIGKILL)
    assert isinstance(told.args[0], Failed)
    assert "ended unexpectedly" in handle.message
    if following.state != "done":
        with qtbot.waitSignal(following.finished, timeout=20_000):
            pass
    assert following.state == "done"


def test_closing_the_window_saves_what_was_learnt(qtbot, child, tmp_path):
    center = JobCenter(child)
    handle = center.submit(SelfTestJob(steps=100_000, seconds=0.01, out=str(tmp_path)))
    qtbot.waitUntil(lambda: steps(handle) > 3, timeout=20_000)
    began = time.monotonic()
    center.close(save=True)
    assert time.monotonic() - began < 10
    assert handle.state == "stopped"
    assert (tmp_path / "self_test.json").is_file()
    assert child.process_id is None
