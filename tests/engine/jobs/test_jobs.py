"""Jobs from files to a run folder, on tiny made-up data."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file

from biofm_desktop.engine.events import EpochDone, Finished, Preview, Started, StepDone, Warned, from_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import JOBS, DescribeJob, EvaluateJob, PredictJob, TrainJob, job_from_json
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.project.prediction_store import read_predictions
from biofm_desktop.engine.samples import InputSpec
from tests.engine.made_up import class_folder, painted_folder, sequence_table

QUICK = {"epochs": 2, "batch_size": 8, "device": "cpu"}


def sequence_job(tmp_path, out="run", **changes):
    table = tmp_path / "dna.csv"
    if not table.exists():
        sequence_table(table)
    values = {
        "task": "sequence-classification",
        "data": (str(table),),
        "model": "sequence-cnn",
        "out": str(tmp_path / out),
        "fit_options": QUICK,
    }
    return TrainJob(**{**values, **changes})


def test_a_run_folder_alone_can_predict_and_tells_what_it_is(tmp_path):
    job = sequence_job(tmp_path)
    told = list(job.run())
    run = tmp_path / "run"
    assert isinstance(told[-1], Finished)
    for name in ("job.json", "events.jsonl", "model.safetensors", "metrics.json", "card.json", "splits.json"):
        assert (run / name).is_file(), name
    assert job_from_json(json.loads((run / "job.json").read_text())) == job
    assert [from_line(line) for line in (run / "events.jsonl").read_text().splitlines()] == told
    (tmp_path / "new.fasta").write_text(">a\nACGTACGTATATAAACGTACGTACG\n>b\nGGGGGGGGGGCCCCCCCCCC\n")
    out = tmp_path / "said"
    said = list(
        PredictJob(run_folder=str(run), inputs=(str(tmp_path / "new.fasta"),), out=str(out), export="csv").run()
    )
    assert [e.key for e in said if isinstance(e, Preview)] == ["a", "b"]
    assert [p.key for p in read_predictions(out)] == ["a", "b"]
    assert list(out.glob("*.csv"))


def test_stopping_leaves_a_run_that_can_predict(tmp_path):
    steps = sequence_job(tmp_path, fit_options={**QUICK, "epochs": 500}).run()
    for event in steps:
        if isinstance(event, StepDone) and event.step == 3:
            break
    steps.close()
    assert load_file(tmp_path / "run" / "model.safetensors")
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["epochs"] == 0
    last = (tmp_path / "run" / "events.jsonl").read_text().splitlines()[-1]
    assert from_line(last) == Finished("stopped", stopped=True)


def test_the_split_of_the_data_is_used_and_evaluation_takes_it(tmp_path):
    folder = painted_folder(tmp_path / "discs", 6, splits=True)
    job = TrainJob(
        task="semantic-segmentation",
        data=(str(folder),),
        model="unet",
        out=str(tmp_path / "run"),
        task_options={"crop": 32},
        fit_options={**QUICK, "epochs": 1, "batch_size": 2},
    )
    (started,) = [e for e in job.run() if isinstance(e, Started)]
    assert started.facts["train"] + started.facts["validation"] == 4
    out = tmp_path / "eval"
    evaluate = EvaluateJob(run_folder=job.out, data=job.data, out=str(out), split="test")
    assert list(evaluate.run())[-1].result.keys() >= {"dice", "iou"}
    assert json.loads((out / "metrics.json").read_text())["samples"] == 2


def test_outlining_starts_from_the_published_weights_of_a_trunk_and_may_leave_it_frozen(tmp_path):
    torch.manual_seed(3)
    given = MODELS["mobilenet-v2"].build(InputSpec(3, ()), 1000).state_dict()
    save_file(given, tmp_path / "mobilenet_v2.safetensors")
    job = TrainJob(
        task="semantic-segmentation",
        data=(str(painted_folder(tmp_path / "discs", 6, splits=True)),),
        model="unet-mobilenet-v2",
        out=str(tmp_path / "run"),
        task_options={"crop": 32, "light": "wide", "even": True},
        fit_options={**QUICK, "batch_size": 2},
        freeze=("features",),
        weights=str(tmp_path / "mobilenet_v2.safetensors"),
    )
    assert isinstance(list(job.run())[-1], Finished)
    learnt = load_file(tmp_path / "run" / "model.safetensors")
    trunk = {name: tensor.numpy() for name, tensor in given.items() if name.startswith("features.")}
    assert all(np.array_equal(learnt[name], values) for name, values in trunk.items())
    list(EvaluateJob(run_folder=job.out, data=job.data, out=str(tmp_path / "eval"), split="test").run())
    assert json.loads((tmp_path / "eval" / "metrics.json").read_text())["samples"] == 2


def test_classes_get_a_confusion_table(tmp_path):
    folder = class_folder(tmp_path / "cells")
    job = TrainJob(
        task="image-classification",
        data=(str(folder),),
        model="biomed-cnn",
        out=str(tmp_path / "run"),
        fit_options={**QUICK, "epochs": 4, "learning_rate": 1e-4},
    )
    told = list(job.run())
    assert sum(isinstance(e, EpochDone) for e in told) == 4
    list(EvaluateJob(run_folder=job.out, data=job.data, out=str(tmp_path / "eval")).run())
    report = json.loads((tmp_path / "eval" / "metrics.json").read_text())
    assert report["classes"] == ["dark", "light"]
    assert sum(map(sum, report["confusion"])) == 16
    assert report["metrics"]["accuracy"] >= 0.9


def test_regression_learns_the_share_of_g_and_c(tmp_path):
    table = sequence_table(tmp_path / "gc.csv", 200, numbers=True)
    job = TrainJob(
        task="sequence-regression",
        data=(str(table),),
        model="sequence-cnn",
        out=str(tmp_path / "run"),
        fit_options={"epochs": 8, "batch_size": 16, "learning_rate": 2e-3},
    )
    assert list(job.run())[-1].result["pearson"] > 0.7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "unet"}, "unet.*does not fit.*sequence-cnn"),
        ({"model": "sequence-cn"}, "sequence-cn'.*Did you mean sequence-cnn"),
        ({"task": "image-classification", "model": "resnet18"}, "holds no images"),
        ({"freeze": ("nothing",)}, "'nothing'.*means no layer"),
        ({"fit_options": {"epochs": -1}}, "--epochs.*below 0"),
        ({"weights": "/no/such/file.pt"}, r"file\.pt.*no such file"),
    ],
)
def test_wrong_use_is_one_clear_sentence(tmp_path, changes, words):
    with pytest.raises(Fault, match=words):
        list(sequence_job(tmp_path, **changes).run())


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    with pytest.raises(Fault, match="not empty"):
        list(sequence_job(tmp_path).run())
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["mine.txt"]


def test_what_cannot_be_predicted_is_left_out_and_the_rest_goes_on(tmp_path):
    list(sequence_job(tmp_path, fit_options={**QUICK, "epochs": 1}).run())
    (tmp_path / "mixed.fasta").write_text(">good\nACGTACGTAC\n>protein\nMKLVFFAEDE\n")
    out = str(tmp_path / "said")
    try:
        told = list(
            PredictJob(run_folder=str(tmp_path / "run"), inputs=(str(tmp_path / "mixed.fasta"),), out=out).run()
        )
    except Fault:
        told = []
    said = [e.key for e in told if isinstance(e, Preview)]
    warned = [e.message for e in told if isinstance(e, Warned)]
    assert said == ["good"] or not told
    assert not told or any("protein" in message for message in warned)


def test_layers_are_told_without_data():
    result = list(DescribeJob(task="image-classification", model="mobilenet-v2").run())[-1].result
    assert result["head"] == "classifier.1"
    assert "features.0.0" in [layer["name"] for layer in result["layers"]]


@pytest.mark.parametrize("kind", JOBS, ids=lambda kind: kind.name)
def test_every_job_tells_its_command(kind):
    needed = {
        "train": {"task": "image-classification", "data": ("d",), "model": "resnet18", "out": "o"},
        "predict": {"run_folder": "r", "inputs": ("i",), "out": "o"},
        "evaluate": {"run_folder": "r", "data": ("d",), "out": "o"},
        "continue": {"run_folder": "r", "epochs": 3},
        "describe": {"task": "image-classification", "model": "resnet18"},
        "leaks": {"data": ("d",)},
        "estimate": {"task": "image-classification", "data": ("d",), "model": "resnet18"},
        "weights": {"weights": "w.pt", "model": "resnet18", "outputs": 3, "classes": ("a", "b", "c")},
        "pretrain": {"objective": "contrastive", "data": ("d",), "model": "resnet18", "out": "o"},
        "histogram": {"data": ("d",)},
        "retrain": {"run_folder": "r", "data": ("d",), "out": "o"},
        "suggest": {"run_folder": "r", "data": ("d",)},
        "cross-validate": {"task": "image-classification", "data": ("d",), "model": "resnet18", "out": "o"},
        "tune": {"task": "image-classification", "data": ("d",), "model": "resnet18", "out": "o", "search": ("a=1",)},
        "distill": {"teacher": "r", "data": ("d",), "model": "resnet18", "out": "o"},
        "augment": {"task": "image-classification", "data": ("d",), "out": "o"},
        "learning-curve": {"task": "image-classification", "data": ("d",), "model": "resnet18", "out": "o"},
    }
    job = kind(**needed.get(kind.name, {}))
    assert job.command()[0] == "biofm"
    assert job.title
    assert job_from_json(json.loads(json.dumps(job.to_json()))) == job
