"""Jobs on a cluster: handed to (a made-up) SLURM, followed, found again, ended; and what is said where that fails."""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from biofm_desktop.cli import main
from biofm_desktop.engine.clusters import (
    ClusterProfile,
    clusters_path,
    load_profiles,
    profile_named,
    save_profiles,
)
from biofm_desktop.engine.events import Failed, Finished, StepDone, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob
from biofm_desktop.engine.runners import (
    BackgroundRun,
    ClusterEyes,
    cluster,
    entries,
    read_entry,
    slurm,
    submit_to_cluster,
)
from tests.engine.made_up import sequence_table
from tests.engine.runners.fake_slurm import fake_slurm
from tests.engine.runners.test_background import standing, steps, training, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SLURM is for Linux")
PROFILE = ClusterProfile(name="gpu", partition="short", account="lab", gpus=0, cpus=1, hours=1.5, memory=8)


@pytest.fixture
def table(tmp_path):
    return sequence_table(tmp_path / "dna.csv")


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """The folder of a made-up SLURM, whose commands are found first; its jobs end with the test."""
    made = fake_slurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{made}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.2)
    yield made
    for path in made.glob("pid-*"):
        with suppress(OSError):
            os.killpg(int(path.read_text()), signal.SIGKILL)


def script(bench):
    [path] = bench.glob("job-*")
    return path.read_text()


def sent(table, out, profile=PROFILE, **more):
    return submit_to_cluster(training(table, out, **more), "Genes", profile)


def test_a_job_runs_there_is_followed_and_leaves_a_run_that_predicts(table, tmp_path, bench, capsys):
    save_profiles([replace(PROFILE, setup="export SET_UP=1", shared=str(tmp_path / "shared"))])
    words = ["sequence-classification", table, "--model", "sequence-cnn", "--out", tmp_path / "run", "--epochs", 2]
    assert main(["train", *map(str, words), "--check-leaks", "no", "--cluster", "gpu"]) == 0
    said = capsys.readouterr().out
    assert "waits for gpu (SLURM job 7)" in said
    assert "Trained for 2 epochs" in said
    lines = script(bench).splitlines()
    for line in ("--partition=short", "--account=lab", "--time=90", "--mem=8GB", "--nodes=1", "--no-requeue"):
        assert f"#SBATCH {line}" in lines
    assert "export SET_UP=1" in lines
    assert not any("gpus" in line for line in lines)
    [entry] = entries()
    assert (entry.state, entry.cluster["number"]) == ("done", "7")
    assert Path(entry.home) == tmp_path / "shared" / "biofm-cluster"
    assert not (tmp_path / "run" / "background.json").exists()  # it can go on, here or there
    assert main(["predict", str(tmp_path / "run"), str(table), "--out", str(tmp_path / "said")]) == 0
    assert main(["jobs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])[0]["state"] == "done"


@pytest.mark.slow
def test_two_processes_of_slurm_learn_together(table, tmp_path, bench):
    entry = sent(table, tmp_path / "run", replace(PROFILE, gpus=2), epochs=2)  # the made-up one has no GPUs to give
    *events, last = BackgroundRun(entry)
    assert isinstance(last, Finished), last
    assert "#SBATCH --gpus-per-node=2" in script(bench)
    assert any(isinstance(event, StepDone) for event in events)
    logs = [path.name for path in (Path(entry.home) / entry.name).glob("*.out")]
    assert sorted(logs) == ["7_0_log.out", "7_1_log.out"]


def test_one_that_waits_is_taken_out_of_the_queue(table, tmp_path, bench):
    (bench / "hold").touch()
    entry = sent(table, tmp_path / "run")
    assert [found.standing for found in ClusterEyes().look(entries())] == ["waiting"]
    assert main(["jobs", "stop", str(tmp_path / "run")]) == 0
    assert (bench / "gone-7").exists()
    known = read_entry(entry.name)
    assert known.state == "stopped"
    assert "out of the cluster's queue" in known.last_event.message


@pytest.mark.slow
def test_what_another_window_follows_ends_by_scancel_and_has_saved(table, tmp_path, bench):
    sent(table, tmp_path / "run")
    until(lambda: steps(tmp_path / "run") > 3)
    [found] = entries()  # as the next start finds it
    run = BackgroundRun(found)
    events = iter(run)
    next(event for event in events if isinstance(event, StepDone))
    run.kill()
    *_, last = events
    assert isinstance(last, Finished), last
    assert last.stopped
    assert (bench / "gone-7").exists()
    assert load_file(tmp_path / "run" / "model.safetensors")
    again = submit_to_cluster(ContinueJob(run_folder=str(tmp_path / "run")), "", PROFILE)
    before = steps(tmp_path / "run")
    until(lambda: steps(tmp_path / "run") > before)
    BackgroundRun(again).stop()  # by the mailbox: it saves and ends by itself
    until(lambda: standing(again) == "stopped")


def test_a_job_that_slurm_killed_is_known_as_ended(table, tmp_path, bench):
    entry = sent(table, tmp_path / "run")
    until(lambda: steps(tmp_path / "run") > 3)
    os.killpg(int((bench / "pid-7").read_text()), signal.SIGKILL)
    eyes = ClusterEyes()
    (bench / "silent").touch()
    assert [e.state for e in eyes.look(entries())] == ["running"]  # nobody knows, so nothing is said
    (bench / "silent").unlink()

    def ended():
        [known] = eyes.look(entries())
        return known if known.ended else None

    [before] = entries()
    last = until(ended).last_event
    assert ClusterEyes(grace=0.1).look([before])[0].ended  # who looks once, as 'biofm jobs' does
    assert isinstance(last, Failed)
    assert "the cluster ended it (no longer in its queue)" in last.message
    assert str(tmp_path / "run") in last.message
    assert read_entry(entry.name).state == "failed"
    assert not (tmp_path / "run" / "background.json").exists()


@pytest.mark.slow
def test_the_warning_before_the_time_is_over_saves_and_stops(table, tmp_path, bench):
    entry = sent(table, tmp_path / "run")
    until(lambda: steps(tmp_path / "run") > 3)
    run = BackgroundRun(entry)
    pid = read_entry(entry.name).process["pid"]
    os.kill(pid, signal.SIGUSR2)
    *_, last = run
    assert isinstance(last, Finished)
    assert last.stopped


def test_a_node_that_does_not_see_the_run_folder_says_so(table, tmp_path, bench, monkeypatch):
    monkeypatch.setattr(cluster, "_take_folder", lambda job, folder: None)
    *_, last = BackgroundRun(sent(table, tmp_path / "run"))
    assert isinstance(last, Failed)
    assert "does not see" in last.message
    assert "a folder that the cluster shares" in last.message


# What fails


def test_without_slurm_one_sentence_names_the_way_out(table, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    save_profiles([PROFILE])
    words = ["sequence-classification", table, "--model", "sequence-cnn", "--out", tmp_path / "run"]
    assert main(["train", *map(str, words), "--cluster", "gpu"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cluster gpu: SLURM's command sbatch is not on this computer. Start the program on a login node" in said
    assert entries() == []
    assert not (tmp_path / "run").exists()


def test_what_slurm_refuses_is_said_in_its_words_and_leaves_nothing(table, tmp_path, bench):
    (bench / "refuse").write_text("short")
    with pytest.raises(Fault, match=r"SLURM does not take the job .*invalid partition.*Check the profile"):
        sent(table, tmp_path / "run")
    assert entries() == []
    assert not (tmp_path / "run").exists()


def test_a_run_folder_with_contents_is_refused_before_anything_is_sent(table, tmp_path, bench):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("x")
    with pytest.raises(Fault, match="it is there already and not empty"):
        sent(table, tmp_path / "run")
    assert not list(bench.glob("job-*"))
    assert entries() == []


@pytest.mark.slow
def test_a_cancellation_that_fails_is_told_and_the_job_goes_on(table, tmp_path, bench):
    entry = sent(table, tmp_path / "run")
    until(lambda: steps(tmp_path / "run") > 1)
    (bench / "scancel").write_text("#!/bin/sh\necho 'scancel: error: Access denied' >&2\nexit 1\n")
    run = BackgroundRun(entry)
    events = iter(run)
    next(event for event in events if isinstance(event, StepDone))
    run.kill()
    warned = next(event for event in events if isinstance(event, Warned))
    assert "Access denied" in warned.message
    run.leave()


def test_a_controller_that_hangs_is_not_waited_for_long(bench, monkeypatch):
    monkeypatch.setattr(slurm, "_PATIENCE", 0.3)
    for name in ("squeue", "scancel"):
        (bench / name).write_text("#!/bin/sh\nexec sleep 60\n")
    began = time.monotonic()
    assert slurm.standing_of("7") is None
    with pytest.raises(Fault, match="SLURM did not answer"):
        slurm.cancel("7", "gpu")
    assert time.monotonic() - began < 10


# The profiles


def test_profiles_are_kept_and_a_broken_file_holds_none():
    assert load_profiles() == []
    save_profiles([PROFILE, replace(PROFILE, name="long", hours=48)])
    assert profile_named("long").hours == 48
    with pytest.raises(Fault, match="Known are gpu, long"):
        profile_named("x")
    values = json.loads(clusters_path().read_text())
    values["profiles"][0] |= {"nodes": "many", "new": 1}
    clusters_path().write_text(json.dumps(values))
    assert profile_named("gpu") == PROFILE  # what another version wrote falls back
    clusters_path().write_text("{")
    assert load_profiles() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "my cluster"}, "this name does not do"),
        ({"setup": "a\nb"}, "line break"),
        ({"shared": "here"}, "no full path"),
    ],
)
def test_profiles_that_would_be_misread_are_refused(changes, said):
    with pytest.raises(Fault, match=said):
        save_profiles([replace(PROFILE, **changes)])
    with pytest.raises(Fault, match="two profiles"):
        save_profiles([PROFILE, PROFILE])


def test_the_command_line_describes_clusters(capsys):
    assert main(["clusters"]) == 0
    assert "There is no profile" in capsys.readouterr().out
    assert main(["clusters", "set", "gpu", "--partition", "a100", "--gpus", "4", "--hours", "12"]) == 0
    assert "gpu: partition a100, gpus per node 4, time limit 12.0 h" in capsys.readouterr().out
    assert main(["clusters", "set", "gpu", "--gpus", "2"]) == 0
    assert profile_named("gpu").partition == "a100"
    assert main(["clusters", "set", "gpu", "--gpus", "-1"]) == 2
    assert "below 0" in capsys.readouterr().err
    assert main(["clusters", "set"]) == 2
    assert main(["clusters", "delete", "gpu"]) == 0
    assert load_profiles() == []
