"""How good it is with how many labels."""

import csv
import json

from biofm_desktop.engine.events import Failed, Finished, Progress
from biofm_desktop.engine.jobs import LearningCurveJob, TrainJob, job_from_json
from biofm_desktop.engine.jobs.learning_curve import CURVE, TABLE, Point, in_words, rows_of
from biofm_desktop.engine.runners import HereRun
from tests.engine.made_up import class_folder

FIT = {"epochs": 2, "batch_size": 4, "threads": 1, "device": "cpu", "test": 0.25, "validation": 0.25}


def job(data, out, **more):
    words = {"task": "image-classification", "data": (str(data),), "model": "biomed-cnn", "out": str(out)}
    return LearningCurveJob(**words, **{"fit_options": FIT, "counts": (2.0, 0.0), "seeds": 2, **more})


def test_each_number_of_labels_is_trained_with_each_seed_and_judged_on_the_test_samples(tmp_path):
    plan = job(class_folder(tmp_path / "cells", 12), tmp_path / "curve")
    assert job_from_json(json.loads(json.dumps(plan.to_json()))) == plan
    told = list(HereRun(plan))
    assert isinstance(told[-1], Finished)
    rows = told[-1].result["rows"]
    assert [(row["labels"], row["samples"], row["runs"]) for row in rows] == [(2.0, 4, 2), (0.0, 12, 2)]
    assert told[-1].result["split"] == "test"
    with (tmp_path / "curve" / TABLE).open() as file:
        table = list(csv.DictReader(file))
    assert [(row["labels_per_class"], row["seed"]) for row in table] == [
        ("2.0", "0"),
        ("all", "0"),
        ("2.0", "1"),
        ("all", "1"),
    ]
    assert json.loads((tmp_path / "curve" / CURVE).read_text())["rows"] == rows
    assert sorted(path.name for path in (tmp_path / "curve").iterdir()) == sorted([TABLE, CURVE])
    assert "2 labels a class, seed 1" in {event.message for event in told if isinstance(event, Progress)}


def test_stopped_it_keeps_what_it_found_and_leaves_no_run(tmp_path):
    run = HereRun(job(class_folder(tmp_path / "cells", 12), tmp_path / "curve"))
    for event in run:
        if isinstance(event, Progress) and event.done == 1:
            run.stop()
    assert len(json.loads((tmp_path / "curve" / CURVE).read_text())["rows"]) == 1
    assert sorted(path.name for path in (tmp_path / "curve").iterdir()) == sorted([TABLE, CURVE])


def test_without_samples_to_judge_by_or_numbers_it_says_so(tmp_path):
    data = class_folder(tmp_path / "cells")
    last = list(HereRun(job(data, tmp_path / "a", counts=())))[-1]
    assert isinstance(last, Failed)
    alone = {**FIT, "test": 0.0, "validation": 0.0}
    last = list(HereRun(job(data, tmp_path / "b", fit_options=alone, counts=(2.0,), seeds=1)))[-1]
    assert "Set some apart" in last.message


def test_mean_and_spread_are_of_the_seeds():
    points = [Point(0, 0, 30, 0.9), Point(5, 0, 10, 0.5), Point(5, 1, 10, 0.7)]
    rows = rows_of(points)
    assert [row["labels"] for row in rows] == [5, 0]
    assert rows[0]["mean"] == 0.6
    assert abs(rows[0]["spread"] - 0.02**0.5) < 1e-9
    assert rows[1]["spread"] == 0
    assert [in_words(n) for n in (0, 5, 0.25)] == ["all labels", "5 labels a class", "25% of the labels"]


def test_a_run_with_few_labels_says_of_how_many_it_learnt(tmp_path):
    data, out = class_folder(tmp_path / "cells", 12), tmp_path / "run"
    fit = {**FIT, "labels_per_class": 3, "check_leaks": False}
    words = {"task": "image-classification", "data": (str(data),), "model": "biomed-cnn", "out": str(out)}
    assert isinstance(list(HereRun(TrainJob(**words, fit_options=fit)))[-1], Finished)
    assert json.loads((out / "card.json").read_text())["data"]["train"] == 6
    splits = list(json.loads((out / "splits.json").read_text()).values())
    assert (splits.count("train"), splits.count("val"), splits.count("test")) == (6, 6, 6)
