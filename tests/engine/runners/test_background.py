"""Jobs in the background: real processes that outlive who started them, and the register that finds them again."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
from safetensors.torch import load_file

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Failed, Finished, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, PredictJob, TrainJob
from biofm_desktop.engine.jobs.again import from_start, going_on, left_over
from biofm_desktop.engine.jobs.mailbox import post
from biofm_desktop.engine.processes import ProcessId
from biofm_desktop.engine.runners import (
    BackgroundRun,
    HereRun,
    entries,
    entry_of,
    forget,
    kill_entry,
    read_entry,
    start_detached,
)
from biofm_desktop.engine.runners.register import Background, new_entry, write_entry
from biofm_desktop.engine.runners.tail import Tail
from tests.engine.made_up import sequence_table

ROOT = Path(__file__).parents[3]
SECONDS = 120


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch):
    """One thread for each process, and none of them left behind."""
    monkeypatch.setenv("BIOFM_THREADS", "1")
    yield
    for entry in entries():
        if entry.state in ("running", "paused", "stopping") and entry.process["pid"] != os.getpid():
            kill_entry(entry)


@pytest.fixture
def table(tmp_path):
    return sequence_table(tmp_path / "dna.csv")


def training(table, out, epochs=5000):
    fit = {"epochs": epochs, "threads": 1, "batch_size": 8, "check_leaks": False}
    return TrainJob(
        task="sequence-classification", data=(str(table),), model="sequence-cnn", out=str(out), fit_options=fit
    )


def started(*jobs):
    return start_detached([(job, "") for job in jobs])


def until(condition):
    """Wait until something is true and return it."""
    for _ in range(SECONDS * 20):
        if made := condition():
            return made
        time.sleep(0.05)  # another process does it
    raise AssertionError("it never came to that")


def standing(entry):
    return read_entry(entry.name).standing


def steps(folder):
    with suppress(OSError):
        return (Path(folder) / "events.jsonl").read_text().count('"StepDone"')
    return 0


def biofm(*words):
    program = "import sys; from biofm_desktop.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.slow
def test_a_training_in_the_background_pauses_goes_on_stops_and_goes_on_to_the_weights_of_an_unbroken_one(
    table, tmp_path
):
    [entry] = started(training(table, tmp_path / "run", epochs=60))
    assert ProcessId(**entry.process).alive
    assert entry.process["pid"] != os.getpid()
    run = BackgroundRun(entry)
    events = iter(run)
    next(event for event in events if isinstance(event, StepDone))
    run.pause()
    until(lambda: standing(entry) == "paused")
    told = steps(entry.folder)
    [refused] = HereRun(ContinueJob(run_folder=entry.folder))
    assert isinstance(refused, Failed)
    assert "trains it in the background" in refused.message
    assert steps(entry.folder) == told
    with pytest.raises(Fault, match="still under way"):
        forget(read_entry(entry.name))
    run.resume()
    next(event for event in events if isinstance(event, StepDone))
    run.stop()
    last = list(events)[-1]
    assert isinstance(last, Finished)
    assert last.stopped
    assert standing(entry) == "stopped"
    [entry] = started(going_on(training(table, tmp_path / "run", epochs=60)))
    *_, last = BackgroundRun(entry)
    assert isinstance(last, Finished)
    assert not last.stopped
    list(HereRun(training(table, tmp_path / "whole", epochs=60)))
    made, whole = (load_file(tmp_path / name / "model.safetensors") for name in ("run", "whole"))
    assert all(made[name].equal(whole[name]) for name in whole)


def test_a_killed_one_is_known_as_broken_off_and_the_register_survives_who_started_it(table, tmp_path):
    words = ["sequence-classification", table, "--model", "sequence-cnn", "--out", tmp_path / "run"]
    options = ["--epochs", 5000, "--threads", 1, "--batch-size", 8]
    done = biofm("train", *words, *options, "--detach")
    assert done.returncode == 0, done.stderr
    assert "runs in the background" in done.stdout
    [entry] = entries()  # the process that started it is gone
    until(lambda: steps(entry.folder) > 2)
    assert biofm("jobs", "stop", tmp_path / "run").returncode == 0
    until(lambda: standing(entry) == "stopped")
    done = biofm("continue", tmp_path / "run", "--detach", "--json")
    entry = read_entry(json.loads(done.stdout)["name"])
    told = steps(entry.folder)
    until(lambda: steps(entry.folder) > told)
    os.kill(entry.process["pid"], signal.SIGKILL)
    until(lambda: standing(entry) == "broken off")
    *_, last = BackgroundRun(entry)
    assert isinstance(last, Failed)
    assert "gone without a last word" in last.message
    rows = json.loads(biofm("jobs", "--json").stdout)
    assert [row["state"] for row in rows] == ["stopped", "broken off"]
    assert going_on(read_entry(entry.name).made_job()) == ContinueJob(run_folder=str(tmp_path / "run"))
    forget(read_entry(entry.name))
    assert len(entries()) == 1
    assert (tmp_path / "run" / "model.safetensors").is_file()


@pytest.mark.slow
def test_jobs_follow_each_other_also_after_one_that_lacks_its_data(table, tmp_path):
    gone = training(tmp_path / "gone.csv", tmp_path / "gone")
    first, taken, second = started(gone, training(table, tmp_path / "taken"), training(table, tmp_path / "b", epochs=2))
    assert [standing(taken), standing(second)] == ["waiting", "waiting"]
    BackgroundRun(taken).stop()
    assert read_entry(taken.name) is None
    *_, last = BackgroundRun(first)
    assert isinstance(last, Failed)
    assert "gone.csv" in last.message
    *_, last = BackgroundRun(second)
    assert isinstance(last, Finished)
    assert not (tmp_path / "taken").exists()
    assert [entry.title for entry in entries()] == ["Train sequence-cnn", "Train sequence-cnn"]


def test_ending_at_once_and_the_systems_own_stop(table, tmp_path):
    [entry] = started(training(table, tmp_path / "run"))
    run = BackgroundRun(entry)
    events = iter(run)
    next(event for event in events if isinstance(event, StepDone))
    run.kill()
    last = list(events)[-1]
    assert "ended at once, as you asked" in last.message
    assert not psutil.pid_exists(entry.process["pid"]) or not ProcessId(**entry.process).alive
    again = from_start(training(table, tmp_path / "run"))
    assert again.out == str(tmp_path / "run-2")  # what it left stays
    [entry] = started(again)
    events = iter(BackgroundRun(entry))
    next(event for event in events if isinstance(event, StepDone))
    os.kill(entry.process["pid"], signal.SIGTERM)
    last = list(events)[-1]
    assert isinstance(last, Finished)
    assert last.stopped
    assert (tmp_path / "run-2" / "model.safetensors").is_file()


def test_a_job_that_cannot_be_read_says_so(tmp_path):
    entry = new_entry(training("x.csv", tmp_path / "run"), "")
    write_entry(replace(entry, job={"job": "train"}))
    from biofm_desktop.engine.runners.detached import Detached

    Detached(read_entry(entry.name)).work()
    assert standing(entry) == "failed"
    assert "something that it needs is missing" in read_entry(entry.name).last_event.message


def test_only_jobs_that_leave_a_run_folder_go_into_the_background(tmp_path):
    job = PredictJob(run_folder="r", inputs=("x",), out=str(tmp_path))
    with pytest.raises(Fault, match="cannot run in the background"):
        started(job)
    assert entries() == []


# What is known of processes and runs without starting any


def entry(tmp_path, **changes) -> Background:
    return replace(new_entry(training("x.csv", tmp_path / "run"), "Title"), **changes)


def test_a_number_that_another_process_has_by_now_is_not_alive():
    mine = ProcessId.me()
    assert mine.alive
    assert not replace(mine, begun=mine.begun - 60).alive
    assert not replace(mine, pid=2**22 - 3).alive
    assert replace(mine, host="elsewhere", pid=2**22 - 3).alive  # it cannot be known


def test_a_process_that_is_only_not_buried_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = ProcessId(child.pid, ProcessId.me().host, psutil.Process(child.pid).create_time())
    assert known.alive
    child.kill()
    until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert not known.alive
    child.wait()
    child.stdin.close()


def test_how_an_entry_stands(tmp_path):
    gone = asdict(replace(ProcessId.me(), begun=1.0))
    assert entry(tmp_path, state="running").standing == "running"
    assert entry(tmp_path, state="running", process=gone).standing == "broken off"
    assert entry(tmp_path, state="starting", process=gone).standing == "starting"
    assert entry(tmp_path, state="waiting", process=gone, since=1.0).standing == "broken off"
    assert entry(tmp_path, state="done", process=gone).standing == "done"


def test_what_ended_long_ago_leaves_the_register(tmp_path):
    write_entry(entry(tmp_path, state="done"))
    write_entry(entry(tmp_path, state="done", since=1.0, name="old"))
    write_entry(entry(tmp_path, state="running", since=1.0, name="long"))
    assert [found.state for found in entries()] == ["done", "running"]


def test_a_damaged_register_is_no_obstacle(tmp_path, own_folders):
    write_entry(entry(tmp_path, name="good"))
    (own_folders / "config" / "background" / "bad.json").write_text("{")
    (own_folders / "config" / "background" / "odd.json").write_text('{"name": "odd", "process": {}}')
    assert [found.name for found in entries()] == ["good"]
    assert entry_of("good").title == "Title"
    assert entry_of(str(tmp_path / "run")).name == "good"
    with pytest.raises(Fault, match="no job of this run folder"):
        entry_of("bad")


def test_a_training_that_took_no_step_has_its_folder_again(tmp_path):
    job = training("x.csv", tmp_path / "run")
    assert left_over(job) == job
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "job.json").write_text("{}")
    (tmp_path / "run" / "events.jsonl").write_text("")
    assert left_over(job) == job
    assert list((tmp_path / "run").iterdir()) == []
    (tmp_path / "run" / "notes.txt").write_text("mine")
    (tmp_path / "run-2").mkdir()
    assert left_over(job).out == str(tmp_path / "run-3")
    assert (tmp_path / "run" / "notes.txt").is_file()


def test_a_tail_gives_whole_lines_once(tmp_path):
    tail = Tail(tmp_path / "log")
    assert list(tail.new()) == []
    (tmp_path / "log").write_bytes(b"one\ntw")
    assert list(tail.new()) == ["one"]
    with (tmp_path / "log").open("ab") as file:
        file.write(b"o\nthree\n")
    assert list(tail.new()) == ["two", "three"]
    assert list(itertools.chain(tail.new(), tail.new())) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jobs", "stop"], "no run is named"),
        (["jobs", "list", "x"], "means nothing here"),
        (["jobs", "stop", "nowhere"], "no job of this run folder"),
        (["jobs", "pause", "long"], "it cannot pause: it is broken off"),
    ],
)
def test_the_command_line_says_what_is_wrong(words, said, tmp_path, capsys):
    write_entry(entry(tmp_path, name="long", state="running", process=asdict(replace(ProcessId.me(), begun=1.0))))
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_the_command_line_lists_and_forgets(tmp_path, capsys):
    assert main(["jobs"]) == 0
    assert "Nothing runs in the background" in capsys.readouterr().out
    write_entry(entry(tmp_path, name="long", state="running", process=asdict(replace(ProcessId.me(), begun=1.0))))
    assert main(["jobs"]) == 0
    out = capsys.readouterr().out
    assert "broken off" in out
    assert f"biofm continue {tmp_path / 'run'}" in out
    assert main(["jobs", "forget", "long"]) == 0
    assert entries() == []


def test_wishes_go_into_the_run_folder(tmp_path):
    (tmp_path / "run").mkdir()
    early = BackgroundRun(entry(tmp_path, state="running"))
    early.pause()
    assert list((tmp_path / "run").iterdir()) == []  # a job takes an empty folder only: the wish waits for it
    (tmp_path / "run" / "job.json").write_text("{}")
    BackgroundRun(entry(tmp_path, state="running")).pause()
    post(tmp_path / "run", {"resume": True})
    assert (tmp_path / "run" / "control.jsonl").read_text() == '{"pause": true}\n{"resume": true}\n'
