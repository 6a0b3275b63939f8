"""The same job, here and in the child: one story; and what happens when it is stopped, killed or dies."""

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import psutil
import pytest

from biofm_desktop.engine.events import Failed, Finished, Saved, Started, StepDone
from biofm_desktop.engine.jobs import SelfTestJob
from biofm_desktop.engine.runners import Child, HereRun, thread_count
from biofm_desktop.engine.runners.allocator import give_back_memory
from biofm_desktop.engine.runners.serve import Sender


@pytest.fixture(scope="module")
def child():
    """One child for all tests, replaced by itself in some; cold, as importing torch takes seconds each time."""
    child = Child(cold=True)
    child.start()
    yield child
    child.close()


def kinds(events):
    return [type(event) for event in events]


@pytest.mark.parametrize(
    "job", [SelfTestJob(), SelfTestJob(steps=200), SelfTestJob(device="cpu"), SelfTestJob(steps=0)]
)
def test_the_child_tells_the_same_story(child, job):
    assert list(child.run(job)) == list(HereRun(job))


@pytest.mark.parametrize("mishap", ["fault", "error", "memory", "silence"])
def test_a_failing_job_fails_in_the_same_words_here_and_in_the_child(child, mishap):
    there, here = (list(run) for run in (child.run(SelfTestJob(mishap=mishap)), HereRun(SelfTestJob(mishap=mishap))))
    assert there[:-1] == here[:-1]
    assert isinstance(here[-1], Failed)
    assert (there[-1].message, there[-1].refused) == (here[-1].message, here[-1].refused)
    assert "Traceback" in there[-1].detail
    assert "Traceback" not in there[-1].message


def test_a_fault_before_the_first_step_means_a_refused_input():
    assert list(HereRun(SelfTestJob(steps=0, mishap="fault")))[-1].refused
    assert not list(HereRun(SelfTestJob(steps=1, mishap="fault")))[-1].refused
    assert not list(HereRun(SelfTestJob(steps=0, mishap="error")))[-1].refused


def test_a_full_disk_is_no_refused_input(tmp_path):
    from biofm_desktop.engine.files import at_points

    def full(point, path):
        raise OSError(28, "No space left on device")

    with at_points(full):
        last = list(HereRun(SelfTestJob(steps=0, out=str(tmp_path))))[-1]
    assert isinstance(last, Failed)
    assert not last.refused
    assert "the disk is full" in last.message


@pytest.fixture(params=["here", "child"])
def start(request, child):
    """Start a job either way."""
    return HereRun if request.param == "here" else child.run


def test_stopping_saves_and_says_so(start, tmp_path):
    run = start(SelfTestJob(steps=100_000, seconds=0.001, out=str(tmp_path)))
    events = []
    for event in run:
        events.append(event)
        if len(events) == 3:
            run.stop()
    assert isinstance(events[-1], Finished)
    assert events[-1].stopped
    assert len(events) < 10_000
    assert json.loads((tmp_path / "self_test.json").read_text())["slope"] > 0


def test_a_paused_job_does_nothing_until_it_is_resumed(start):
    run = start(SelfTestJob(steps=30, seconds=0.02))
    events = iter(run)
    assert isinstance(next(events), Started)
    run.pause()
    timer = threading.Timer(1.0, run.resume)
    timer.start()
    began = time.perf_counter()
    rest = list(events)
    assert time.perf_counter() - began > 0.99
    assert isinstance(rest[-1], Finished)
    assert not rest[-1].stopped
    assert len(rest) == 31


def test_a_paused_job_can_be_stopped(start, tmp_path):
    run = start(SelfTestJob(steps=1000, seconds=0.001, out=str(tmp_path)))
    events = iter(run)
    next(events)
    next(events)
    run.pause()
    threading.Timer(0.1, run.stop).start()
    assert list(events)[-1] == Finished("Self-test: stopped", stopped=True)
    assert (tmp_path / "self_test.json").exists()


def test_stopping_before_the_first_event_starts_nothing(start, tmp_path):
    run = start(SelfTestJob(steps=1000, seconds=0.01, out=str(tmp_path)))
    run.stop()
    assert list(run)[-1] == Finished("Self-test: stopped", stopped=True)


def test_stopping_a_finished_run_is_harmless(start):
    run = start(SelfTestJob())
    assert isinstance(list(run)[-1], Finished)
    run.stop()
    run.pause()
    run.kill()


def test_a_finished_run_cannot_end_the_next_one(child):
    first = child.run(SelfTestJob())
    list(first)
    second = child.run(SelfTestJob(steps=20, seconds=0.001))
    first.kill()
    assert isinstance(list(second)[-1], Finished)


def test_two_jobs_at_once_are_refused(child):
    run = child.run(SelfTestJob(steps=10_000, seconds=0.01))
    with pytest.raises(RuntimeError, match="another job"):
        child.run(SelfTestJob())
    run.stop()
    assert list(run)[-1].stopped


def test_killing_is_done_within_a_second_and_the_next_job_runs(child):
    run = child.run(SelfTestJob(steps=100_000, seconds=0.01))
    events = iter(run)
    next(events)
    process = psutil.Process(child.process_id)
    began = time.perf_counter()
    run.kill()
    last = list(events)[-1]
    assert time.perf_counter() - began < 1.0
    assert not process.is_running()
    assert isinstance(last, Failed)
    assert "as you asked" in last.message
    assert isinstance(list(child.run(SelfTestJob()))[-1], Finished)


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_a_child_killed_from_outside_is_named_and_replaced(child, tmp_path):
    run = child.run(SelfTestJob(steps=100_000, seconds=0.01))
    events = iter(run)
    next(events)
    os.kill(child.process_id, signal.SIGKILL)
    last = list(events)[-1]
    assert isinstance(last, Failed)
    assert "ended unexpectedly (killed by signal 9, SIGKILL" in last.message
    assert "Nothing of it was saved" in last.message
    child.wait_warm(60)
    assert list(child.run(SelfTestJob())) == list(HereRun(SelfTestJob()))


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_a_child_that_dies_idle_is_replaced(child):
    child.wait_warm(60)
    os.kill(child.process_id, signal.SIGKILL)
    assert isinstance(list(child.run(SelfTestJob()))[-1], Finished)


def test_the_last_words_and_what_was_saved_are_told_when_a_child_exits(child, tmp_path):
    last = list(child.run(SelfTestJob(mishap="exit", out=str(tmp_path))))[-1]
    assert "exit status 3" in last.message
    assert f"Saved until then: {tmp_path / 'self_test.json'}" in last.message
    assert "last words" in last.detail


def test_a_job_that_does_not_stop_in_time_is_ended_hard(child):
    run = child.run(SelfTestJob(steps=2, seconds=30.0))
    events = iter(run)
    next(events)
    began = time.perf_counter()
    run.stop(within=0.2)
    last = list(events)[-1]
    assert time.perf_counter() - began < 1.2
    assert isinstance(last, Failed)
    assert "did not stop within 0.2 seconds" in last.message


def test_the_child_ends_with_its_parent(tmp_path):
    script = (
        "import sys, time\n"
        "from biofm_desktop.engine.runners import Child\n"
        "from biofm_desktop.engine.jobs import SelfTestJob\n"
        "child = Child(cold=True); child.start(); child.wait_warm()\n"
        f"run = child.run(SelfTestJob(steps=100000, seconds=0.01, out={str(tmp_path)!r}))\n"
        "next(iter(run)); print(child.process_id, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    process = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    process.wait(5)
    assert (tmp_path / "self_test.json").exists(), "what was learnt is saved before the orphan goes"


def test_a_warm_child_has_imported_torch_before_its_first_job():
    child = Child()
    child.start()
    assert child.wait_warm(120)
    assert child.facts["seconds"] > 0
    assert isinstance(list(child.run(SelfTestJob(device="cpu")))[-1], Finished)
    child.close()


def test_a_closed_child_leaves_no_process_and_takes_no_job():
    child = Child()
    child.start()
    process = psutil.Process(child.process_id)
    child.close()
    assert not process.is_running()
    with pytest.raises(RuntimeError, match="closed"):
        child.run(SelfTestJob())


def test_at_most_twenty_packets_a_second_and_no_line_lost():
    class Pipe:
        def __init__(self):
            self.packets = []

        def write(self, packet):
            self.packets.append(packet)

        def flush(self):
            pass

    pipe, began = Pipe(), time.perf_counter()
    sender = Sender(pipe)
    for number in range(20_000):
        sender.send(f"1 {number}")
    sender.close()
    assert b"".join(pipe.packets).decode().split("\n")[:-1] == [f"1 {n}" for n in range(20_000)]
    assert len(pipe.packets) <= 20 * (time.perf_counter() - began) + 2


def test_an_unknown_job_fails_with_one_sentence(child):
    class Strange(SelfTestJob):
        name = "self-tset"

    last = list(child.run(Strange()))[-1]
    assert isinstance(last, Failed)
    assert "Did you mean self-test" in last.message


def test_here_and_child_compute_with_the_same_number_of_threads(child, monkeypatch):
    monkeypatch.setenv("BIOFM_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.setenv("BIOFM_THREADS", "none")
    assert 1 <= thread_count() <= (os.cpu_count() or 1)


def test_saved_files_are_told_in_order(start, tmp_path):
    events = list(start(SelfTestJob(out=str(tmp_path))))
    assert kinds(events) == [Started, StepDone, StepDone, StepDone, Saved, Finished]
    assert Path(events[-2].path) == tmp_path / "self_test.json"


def test_what_a_job_left_in_cycles_is_dropped_before_the_next():
    class Left:
        pass

    left = Left()
    left.itself = left
    known = weakref.ref(left)
    gc.disable()
    try:
        del left
        assert known() is not None
        give_back_memory()
        assert known() is None
    finally:
        gc.enable()
