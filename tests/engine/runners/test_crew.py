"""Which devices a training uses, and the processes that torchrun starts for several of them."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from safetensors.torch import load_file

from biofm_desktop.cli import main
from biofm_desktop.engine.crew import Crew, crew_of
from biofm_desktop.engine.events import Failed, Finished, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, TrainJob
from biofm_desktop.engine.jobs.crews import crew_of_job
from biofm_desktop.engine.runners import BackgroundRun, entries, kill_entry, needs_team, read_entry, start_detached
from biofm_desktop.engine.runners.team import team_call
from tests.engine.made_up import class_folder, sequence_table
from tests.engine.runners.test_background import standing, steps, until

TEAMS = pytest.mark.skipif(sys.platform == "win32", reason="torchrun with gloo is for Linux and macOS")


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch):
    """One thread for each process, and none of them left behind."""
    monkeypatch.setenv("BIOFM_THREADS", "1")
    yield
    for entry in entries():
        if entry.state in ("running", "paused", "stopping") and entry.process["pid"] != os.getpid():
            kill_entry(entry)


@pytest.mark.parametrize(
    ("device", "devices", "crew"),
    [
        ("auto", (), Crew("auto")),
        ("cpu", ("2",), Crew("cpu", 2)),
        ("auto", ("cpu", "cpu", "cpu"), Crew("cpu", 3)),
        ("auto", ("cuda:0", " CUDA:2 "), Crew("cuda", 2, (0, 2))),
        ("cpu", ("cuda",), Crew("cuda", 1, (0,))),
        ("auto", ("mps",), Crew("mps")),
    ],
)
def test_devices_are_a_number_or_names(device, devices, crew):
    assert crew_of(device, devices) == crew


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        (("0",), "no number of processes"),
        (("gpu",), "'gpu' is no device"),
        (("cpu", "cuda:0"), "several kinds"),
        (("cuda:1", "cuda:1"), "named twice"),
        (("mps", "mps"), "one such device"),
    ],
)
def test_devices_that_make_no_sense_are_refused_with_a_way_out(devices, said):
    with pytest.raises(Fault, match=f"{said}.*Give a number of processes"):
        crew_of("auto", devices)


def test_each_process_sees_the_stated_gpus_only(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    words, environment = team_call("some.module", ["x"], Crew("cuda", 2, (0, 2)))
    assert words[3:] == ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "some.module", "x"]
    assert environment["CUDA_VISIBLE_DEVICES"] == "0,2"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6,7")  # those that a batch system lends
    assert Crew("cuda", 2, (0, 2)).environment == {"CUDA_VISIBLE_DEVICES": "4,7"}
    with pytest.raises(Fault, match="only 3 GPUs are lent"):
        assert Crew("cuda", 1, (3,)).environment
    assert Crew("cuda", 1, (1,)).device == "cuda:1"
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert Crew("cuda", 2, (0, 2)).device == "cuda"


def training(table, out, **fit):
    options = {"epochs": 5000, "batch_size": 8, "check_leaks": False, "device": "cpu", "devices": ["2"], **fit}
    return TrainJob(
        task="sequence-classification", data=(str(table),), model="sequence-cnn", out=str(out), fit_options=options
    )


def test_a_job_says_how_many_processes_it_wants(tmp_path, monkeypatch):
    job = training("x.csv", tmp_path / "run")
    assert crew_of_job(job) == Crew("cpu", 2)
    assert "--devices 2" in " ".join(job.command())
    assert not needs_team(training("x.csv", tmp_path / "run", devices=["cpu"]))
    going_on = ContinueJob(run_folder=str(tmp_path))
    assert not needs_team(going_on)
    (tmp_path / "card.json").write_text(json.dumps({"fit": {"device": "cpu", "devices": ["cpu", "cpu"], "epochs": 9}}))
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert not needs_team(job)  # it is in one of them


@TEAMS
def test_two_processes_started_by_the_flag_leave_a_run_that_predicts(tmp_path, capsys):
    cells, out = class_folder(tmp_path / "cells"), tmp_path / "run"
    words = ["image-classification", cells, "--model", "biomed-cnn", "--out", out, "--epochs", 3, "--batch-size", 8]
    assert main(["train", *map(str, words), "--device", "cpu", "--devices", "2", "--check-leaks", "no"]) == 0
    assert "Trained for 3 epochs" in capsys.readouterr().out
    [entry] = entries()
    assert entry.state == "done"
    told = [json.loads(line)["event"] for line in (out / "events.jsonl").read_text().splitlines()]
    assert told.count("EpochDone") == 3
    assert main(["predict", str(out), str(cells), "--out", str(tmp_path / "said"), "--device", "cpu"]) == 0
    assert len(next((tmp_path / "said").rglob("*.csv")).read_text().splitlines()) == 17


@pytest.mark.slow
@TEAMS
def test_several_processes_wait_go_on_and_stop_together_and_go_on_later(tmp_path):
    [entry] = start_detached([(training(sequence_table(tmp_path / "dna.csv"), tmp_path / "run"), "")])
    run = BackgroundRun(entry)
    until(lambda: steps(entry.folder) > 10)
    run.pause()
    until(lambda: standing(entry) == "paused")
    until(lambda: _still(entry.folder))
    count = steps(entry.folder)
    run.resume()
    until(lambda: steps(entry.folder) > count)
    run.stop()
    *_, last = run
    assert isinstance(last, Finished)
    assert last.stopped
    assert standing(entry) == "stopped"
    assert load_file(tmp_path / "run" / "model.safetensors")
    again = ContinueJob(run_folder=str(tmp_path / "run"))
    assert needs_team(again)
    [entry] = start_detached([(again, "")])
    count = steps(entry.folder)
    until(lambda: steps(entry.folder) > count)
    BackgroundRun(entry).kill()
    until(lambda: not _left(entry))


def _still(folder):
    """Say whether no step is told for as long as events may wait to be written."""
    import time

    before = steps(folder)
    time.sleep(1.5)  # other processes do it
    return steps(folder) == before


def _left(entry):
    known = read_entry(entry.name)
    return psutil.pid_exists(known.process["pid"]) and known.standing == "running"


@TEAMS
def test_a_process_that_dies_ends_the_job_and_what_the_others_said_is_kept(tmp_path):
    [entry] = start_detached([(training(sequence_table(tmp_path / "dna.csv"), tmp_path / "run"), "")])
    until(lambda: steps(entry.folder) > 10)
    leader = psutil.Process(read_entry(entry.name).process["pid"])
    second = next(p for p in leader.children() if p.environ().get("RANK") == "1")
    second.kill()
    *events, last = BackgroundRun(entry)
    assert any(isinstance(event, StepDone) for event in events)
    assert isinstance(last, Failed)
    assert "one of the 2 ended or is no longer reached" in last.message
    assert load_file(tmp_path / "run" / "model.safetensors")


@pytest.mark.slow
@TEAMS
def test_what_follows_a_job_of_several_processes_is_none_of_them(tmp_path):
    table = sequence_table(tmp_path / "dna.csv")
    first = training(table, tmp_path / "two", epochs=1)
    then = training(table, tmp_path / "one", epochs=1, devices=[])
    entry, following = start_detached([(first, ""), (then, "")])
    for one in (entry, following):
        *_, last = BackgroundRun(one)
        assert isinstance(last, Finished), last
    card = json.loads((tmp_path / "one" / "card.json").read_text())
    assert card["fit"]["devices"] == []


def test_a_gpu_that_is_not_there_is_named():
    done = subprocess.run(
        [sys.executable, "-c", "from biofm_desktop.engine.inference.devices import chosen_device as c; c('cuda:7')"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cuda" in done.stderr
    assert "Fault" in done.stderr


def test_the_command_line_refuses_before_anything_begins(tmp_path, capsys):
    job = training("x.csv", tmp_path / "run", devices=["cpu", "cuda"])
    (tmp_path / "job.json").write_text(json.dumps(job.to_json()))
    assert main(["run", str(tmp_path / "job.json")]) == 2
    assert "several kinds" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert replace(job, fit_options={})
