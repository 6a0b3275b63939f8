"""Several trainings for one question: cross-validation, search, distillation."""

import csv
import json
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Failed, Finished, Progress, Saved
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import CrossValidateJob, TuneJob, job_from_json
from biofm_desktop.engine.jobs.cross_validate import as_csv
from biofm_desktop.engine.jobs.search_folder import read_search
from biofm_desktop.engine.jobs.search_space import offers, space_of
from biofm_desktop.engine.runners import HereRun
from biofm_desktop.engine.samples import SequenceSample
from biofm_desktop.engine.samples.folds import folds_of, grouped_by, groupings
from biofm_desktop.engine.tasks import TASKS, ImageClassification

FIT = {"epochs": 2, "batch_size": 8, "device": "cpu", "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("cells"), np.random.default_rng(0)
    for name, level in (("dark", 70), ("light", 170)):
        (folder / name).mkdir()
        for number in range(15):
            pixels = chance.normal(level, 30, (28, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def plan(cells, out, **more):
    return {
        "task": "image-classification",
        "data": (str(cells),),
        "model": "biomed-cnn",
        "out": str(out),
        "fit_options": FIT,
        **more,
    }


def sample(key, target="a", group="", split=""):
    return SequenceSample(key=key, target=target, group=group, split=split, letters=b"ACGT", alphabet="dna")


def test_groups_are_never_torn_apart_and_test_samples_are_in_no_fold():
    samples = [sample(f"s{n}", "ab"[n % 2], f"patient{n // 4}") for n in range(40)]
    samples += [sample(f"t{n}", split="test") for n in range(5)]
    parts = folds_of(samples, 4, seed=0)
    assert sorted(key for part in parts for key in part) == sorted(f"s{n}" for n in range(40))
    for part in parts:
        inside = {s.group for s in samples if s.key in part}
        outside = {s.group for s in samples if s.key not in part}
        assert not inside & outside
        classes = [s.target for s in samples if s.key in part]
        assert classes.count("a") == classes.count("b")
    assert folds_of(samples, 4, seed=0) == parts
    with pytest.raises(Fault, match="10 groups"):
        folds_of(samples[:40], 11, seed=0)
    assert len(folds_of([sample(f"n{n}", float(n)) for n in range(9)], 3, seed=1)) == 3


def test_samples_can_be_grouped_by_a_column():
    rows = [sample(f"s{n}") for n in range(6)]
    cells = [{"animal": f"a{n // 2}", "number": str(n), "note": "x", "empty": ""} for n in range(6)]
    rows = [replace(row, columns=own) for row, own in zip(rows, cells, strict=True)]
    assert groupings(rows) == {"animal": 3}
    assert groupings([replace(row, group="p1") for row in rows]) == {"": 1, "animal": 3}
    parts = folds_of(grouped_by(rows, "animal"), 3, seed=0)
    assert {frozenset(part) for part in parts} == {frozenset((f"s{n}", f"s{n + 1}")) for n in (0, 2, 4)}
    with pytest.raises(Fault, match=r"no sample has a value.*animal"):
        grouped_by(rows, "nothing")


def test_cross_validation_gives_mean_and_spread_and_what_was_said_of_each_sample(cells, tmp_path):
    out = tmp_path / "study"
    job = CrossValidateJob(folds=3, **plan(cells, out))
    assert job_from_json(json.loads(json.dumps(job.to_json()))) == job
    told = list(HereRun(job))
    assert isinstance(told[-1], Finished), told[-1]
    shares = [e.done / e.total for e in told if isinstance(e, Progress) and e.total > 1000]
    assert shares == sorted(shares)
    figures = json.loads((out / "metrics.json").read_text())
    accuracies = [fold["accuracy"] for fold in figures["folds"]]
    assert figures["mean"]["accuracy"] == pytest.approx(statistics.fmean(accuracies))
    assert figures["sd"]["accuracy"] == pytest.approx(statistics.stdev(accuracies))
    with (out / "held_out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert {row["fold"] for row in rows} == {"1", "2", "3"}
    for n in (1, 2, 3):
        splits = json.loads((out / f"fold-{n}" / "splits.json").read_text())
        assert list(splits.values()).count("val") == 10
    assert "±" in told[-1].message
    assert sum(isinstance(event, Saved) and event.what == "metrics" for event in told) == 3
    table = list(csv.reader(as_csv(figures).splitlines()))
    assert [row[0] for row in table] == ["fold", "1", "2", "3", "mean", "sd"]
    place = table[0].index("accuracy")
    assert float(table[4][place]) == pytest.approx(figures["mean"]["accuracy"], rel=1e-5)


def test_a_stopped_cross_validation_keeps_the_folds_that_are_done(cells, tmp_path):
    out = tmp_path / "study"
    run = HereRun(CrossValidateJob(folds=3, **plan(cells, out)))
    for event in run:
        if isinstance(event, Progress) and event.message.startswith("Fold 2 of 3: begins"):
            run.stop()
    assert len(json.loads((out / "metrics.json").read_text())["folds"]) == 1


def test_splits_of_a_file_stand_in_place_of_those_of_the_data(cells, tmp_path):
    keys = [f"{name}_{n}" for name in ("dark", "light") for n in range(15)]
    found = CrossValidateJob(folds=2, **plan(cells, tmp_path / "one"))
    list(HereRun(found))
    stated = json.loads((tmp_path / "one" / "splits-1.json").read_text())
    assert sorted(stated) == sorted(keys)
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"dark_0": "validation"}')
    assert main(["train", "image-classification", str(cells), "--model", "biomed-cnn", "--out", str(tmp_path / "x"),
                 "--splits", str(wrong)]) == 2  # fmt: skip


def test_a_search_space_is_read_and_checked():
    space, own = space_of(["learning-rate=1e-4..1e-2:log", "batch_size=8,16", "epochs=2..5", "flips=all,none"],
                          ImageClassification)  # fmt: skip
    assert [d.name for d in space] == ["learning_rate", "batch_size", "epochs", "flips"]
    assert space[0].log
    assert (space[1].choices, own) == ((8, 16), {"flips"})
    assert [d.name for d in space_of([], ImageClassification)[0]] == ["learning_rate", "weight_decay", "batch_size"]
    for wrong in ("learning_rate", "nothing=1..2", "learning_rate=2..1", "learning_rate=0..1:log", "device=1..2",
                  "batch_size=0.5,8", "epochs=2..5:cubic"):  # fmt: skip
        with pytest.raises(Fault):
            space_of([wrong], ImageClassification)
    with pytest.raises(Fault, match="twice"):
        space_of(["epochs=2..3", "epochs=1,2"], ImageClassification)


@pytest.mark.parametrize("task", [*TASKS], ids=lambda task: task.name)
def test_all_that_is_offered_can_be_searched(task):
    found = offers(task)
    space, _ = space_of([offer.word() for offer in found], task)
    assert [dimension.name for dimension in space] == [offer.spec.name for offer in found]
    assert {offer.spec.name for offer in found if offer.usual} == {"learning_rate", "weight_decay", "batch_size"}
    assert not {"seed", "device", "validation", "test", "threads"} & {dimension.name for dimension in space}


def test_a_search_finds_what_learns_and_goes_on_within_its_budget(cells, tmp_path):
    out = tmp_path / "study"
    search = ("learning_rate=1e-7,1e-3",)
    fit = {**FIT, "epochs": 5}
    job = TuneJob(search=search, trials=3, **plan(cells, out, fit_options=fit))
    told = list(HereRun(job))
    assert isinstance(told[-1], Finished), told[-1]
    assert sum(isinstance(event, Saved) and event.what == "trials" for event in told) == 3
    table = json.loads((out / "trials.json").read_text())["trials"]
    assert len(table) == 3
    more = read_search(out).going_on(trials=5, minutes=0.0)
    assert more == TuneJob(search=search, trials=5, **plan(cells, out, fit_options=fit))
    told = list(HereRun(more))
    table = json.loads((out / "trials.json").read_text())["trials"]
    assert len(table) == 5
    by_rate = {rate: [row["accuracy"] for row in table if row["learning_rate"] == rate] for rate in (0.001, 1e-7)}
    assert sum(map(len, by_rate.values())) == 5
    assert min(by_rate[0.001]) > max(by_rate[1e-7])  # both were tried
    assert told[-1].result["params"] == {"learning_rate": 0.001}
    found = read_search(out)
    assert found.best.values == {"learning_rate": 0.001}
    assert [trial.number for trial in found.trials] == [1, 2, 3, 4, 5]
    assert found.best_training().fit_options == {**fit, "learning_rate": 0.001}
    best = json.loads((out / "best.json").read_text())
    assert best["fit_options"]["learning_rate"] == told[-1].result["params"]["learning_rate"]
    assert job_from_json(best).model == "biomed-cnn"
    other = TuneJob(search=("epochs=1,2",), trials=6, **plan(cells, out, fit_options=fit))
    refused = list(HereRun(other))[-1]
    assert isinstance(refused, Failed)
    assert "other search" in refused.message


def test_a_search_whose_data_cannot_teach_says_so_at_once(cells, tmp_path):
    job = TuneJob(trials=3, **plan(cells / "dark", tmp_path / "study"))
    last = list(HereRun(job))[-1]
    assert isinstance(last, Failed)


def test_a_killed_search_goes_on_where_it_stood(cells, tmp_path):
    out, job = tmp_path / "study", tmp_path / "job.json"
    options = {"fit_options": {**FIT, "epochs": 300}}
    job.write_text(
        json.dumps(TuneJob(search=("learning_rate=1e-4,1e-3",), trials=2, **plan(cells, out, **options)).to_json())
    )
    process = subprocess.Popen([sys.executable, "-m", "biofm_desktop", "run", str(job)], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not (out / "trials" / "0001" / "card.json").is_file() and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    asked = json.loads((out / "job.json").read_text())
    asked["fit_options"]["epochs"] = 1  # not all 300 again
    (out / "job.json").write_text(json.dumps(asked))
    again = TuneJob(search=("learning_rate=1e-4,1e-3",), trials=2, **plan(cells, out, fit_options={**FIT, "epochs": 1}))
    assert isinstance(list(HereRun(again))[-1], Finished)
    table = json.loads((out / "trials.json").read_text())["trials"]
    assert [row["state"] for row in table] == ["failed", "done"]


def test_the_commands_of_studies_run(cells, tmp_path, capsys):
    base = [str(cells), "--model", "biomed-cnn", "--epochs", "1", "--device", "cpu", "--batch-size", "8"]
    words = ["cross-validate", "image-classification", *base, "--folds", "2", "--group", "nothing"]
    assert main([*words, "--out", str(tmp_path / "groups")]) == 2
    assert "no sample has a value in it" in capsys.readouterr().err
    words = ["cross-validate", "image-classification", *base, "--folds", "2", "--out", str(tmp_path / "cv")]
    assert main(words) == 0
    assert "over 2 folds" in capsys.readouterr().out
    words = ["tune", "image-classification", *base, "--trials", "1", "--search", "learning_rate=1e-4..1e-2:log"]
    assert main([*words, "--out", str(tmp_path / "tune")]) == 0
    assert "Best of 1 trials" in capsys.readouterr().out
    run = str(tmp_path / "cv" / "fold-1")
    assert main(["distill", run, *base, "--out", str(tmp_path / "student")]) == 0
    assert main(["distill", str(tmp_path), *base, "--out", str(tmp_path / "none")]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
