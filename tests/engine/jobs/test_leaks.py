"""The leak check as a job, before a training, and on the command line."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Finished, Progress, Saved, Started, StepDone, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import LeaksJob, TrainJob, job_from_json
from biofm_desktop.engine.jobs.leaks import write_leaks
from biofm_desktop.engine.leaks import Leak
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.runners import Child, HereRun
from tests.engine.made_up import class_folder, sequence_table

QUICK = {"epochs": 1, "batch_size": 8, "device": "cpu"}


@pytest.fixture
def leaking(tmp_path):
    """A table of 20 sequences for training and 10 for testing, of which two were seen in training."""
    chance = np.random.default_rng(0)
    words = ["".join(chance.choice(list("ACGT"), 60)) for _ in range(30)]
    words[25] = words[3]
    words[26] = words[4][:30] + ("A" if words[4][30] != "A" else "C") + words[4][31:]
    rows = [f"s{n},{word},{'ab'[n % 2]},{'train' if n < 20 else 'test'}" for n, word in enumerate(words)]
    path = tmp_path / "leaking.csv"
    path.write_text("name,sequence,label,split\n" + "\n".join(rows) + "\n")
    return path


def training(data, tmp_path, **options):
    return TrainJob(
        task="sequence-classification",
        data=(str(data),),
        model="sequence-cnn",
        out=str(tmp_path / "run"),
        fit_options={**QUICK, **options},
    )


def test_a_training_warns_of_leaks_first_and_lists_them_in_its_folder(leaking, tmp_path):
    told = list(training(leaking, tmp_path).run())
    warned = [event.message for event in told if isinstance(event, Warned)]
    assert [words.split(":")[0] for words in warned] == [
        "Leak between splits, equal content",
        "Leak between splits, similar sequence",
    ]
    assert "s3 (train) and s25 (test)" in warned[0]
    place = next(n for n, event in enumerate(told) if isinstance(event, Warned))
    assert place < next(n for n, event in enumerate(told) if isinstance(event, StepDone))
    assert Saved(str(tmp_path / "run" / "leaks.csv"), "leaks") in told
    with (tmp_path / "run" / "leaks.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["first"], row["second"], row["second_split"]) for row in rows] == [
        ("s3", "s25", "test"),
        ("s4", "s26", "test"),
    ]
    assert float(rows[1]["likeness"]) == pytest.approx(59 / 60, abs=0.001)


def test_the_check_changes_no_weight_and_can_be_left_out(leaking, tmp_path):
    weights = []
    for check in (True, False):
        told = list(training(leaking, tmp_path, check_leaks=check).run())
        run = tmp_path / "run"
        assert (run / "leaks.csv").exists() == check == any("Leak" in getattr(e, "message", "") for e in told)
        weights.append((run / "model.safetensors").read_bytes())
        run.rename(tmp_path / f"run {check}")
    assert weights[0] == weights[1]


def test_sound_data_are_not_warned_of(tmp_path):
    table = sequence_table(tmp_path / "dna.csv")
    assert not [event for event in training(table, tmp_path).run() if isinstance(event, Warned)]
    assert not (tmp_path / "run" / "leaks.csv").exists()


def test_the_job_names_the_pairs_here_and_in_a_child_alike(leaking):
    job = LeaksJob(data=(str(leaking),))
    child = Child(cold=True)
    try:
        there = [event for event in child.run(job) if not isinstance(event, Progress)]
    finally:
        child.close()
    here = [event for event in HereRun(job) if not isinstance(event, Progress)]
    assert here == there
    assert [type(event) for event in here] == [Started, Warned, Warned, Finished]
    result = here[-1].result
    assert (result["count"], result["samples"]) == (2, 30)
    assert result["leaks"][0] == {
        "kind": "equal content",
        "first": "s3",
        "first_split": "train",
        "second": "s25",
        "second_split": "test",
        "likeness": 1.0,
    }


def test_data_without_splits_are_split_as_a_training_does(tmp_path):
    folder = class_folder(tmp_path / "cells", 10)
    Image.open(folder / "dark" / "dark0.png").save(folder / "light" / "again.png")
    found = {
        seed: list(LeaksJob(data=(str(folder),), seed=seed, validation=0.3, test=0.2).run())[-1].result["count"]
        for seed in range(8)
    }
    assert set(found.values()) == {0, 1}  # now and then both are on one side


def test_splits_that_the_user_set_in_a_project_count(leaking, tmp_path):
    project = Project.for_data([leaking], tmp_path / "project")
    key = next(sample.key for sample in project.dataset if sample.key.endswith("s25"))
    project.set_split(key, "train")
    project.close()
    assert list(LeaksJob(data=(str(tmp_path / "project"),), validation=0.0).run())[-1].result["count"] == 1


def test_a_job_is_made_again_from_json_and_as_a_command():
    job = LeaksJob(data=("/a",), seed=3, identity=0.8)
    assert job_from_json(json.loads(json.dumps(job.to_json()))) == job
    assert job.command() == ["biofm", "leaks", "/a", "--seed", "3", "--identity", "0.8"]
    with pytest.raises(Fault, match="--identity"):
        list(LeaksJob(data=("/a",), identity=7.0).run())


def test_the_command_line_names_the_pairs_and_fails(leaking, tmp_path, capsys):
    assert main(["leaks", str(leaking)]) == 1
    told = capsys.readouterr().out
    assert "equal content: s3 (train) and s25 (test), likeness 1" in told
    assert main(["leaks", str(leaking), "--json", "--identity", "1"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["result"]["counts"] == {"equal content": 1}
    assert main(["leaks", str(sequence_table(tmp_path / "sound.csv"))]) == 0
    assert main(["leaks", str(tmp_path / "nothing")]) == 2


def test_names_in_the_table_are_no_formulas(tmp_path):
    write_leaks([Leak("same group", "=1+1", "train", "@b", "test")], tmp_path / "leaks.csv")
    assert "'=1+1,train,'@b,test" in (tmp_path / "leaks.csv").read_text()
