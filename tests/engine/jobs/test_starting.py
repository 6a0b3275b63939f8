"""Where weights come from: files in other layouts and earlier runs, what a run keeps of it, and `biofm weights`."""

import csv
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Finished, Progress, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import RetrainJob, TrainJob, WeightsJob
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.licences import accept, accepted
from biofm_desktop.engine.models.starting import start_of
from biofm_desktop.engine.samples import InputSpec
from tests.engine.made_up import class_folder, painted_folder
from tests.engine.models.test_layouts import NAMES

QUICK = {"epochs": 1, "batch_size": 8, "device": "cpu", "check_leaks": False}


def training(folder, out, **changes):
    values = {
        "task": "image-classification",
        "data": (str(folder),),
        "model": "biomed-cnn",
        "out": str(out),
        "fit_options": QUICK,
    }
    return TrainJob(**{**values, **changes})


def table(run):
    with (run / "weights.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_training_starts_from_hugging_face_and_keeps_the_list_of_what_it_took(tmp_path):
    torch.manual_seed(0)
    given = {n: torch.rand(s) * 0.1 + 0.5 for n, s in NAMES["hf-mobilenetv2"].items()}
    save_file(given, tmp_path / "google.safetensors")
    job = training(
        class_folder(tmp_path / "cells", 3),
        tmp_path / "run",
        model="mobilenet-v2",
        task_options={"size": 32},
        freeze=("features",),
        weights=str(tmp_path / "google.safetensors"),
    )
    told = list(job.run())
    assert isinstance(told[-1], Finished)
    assert any("TensorFlow's padding" in event.message for event in told if isinstance(event, Warned))
    learnt = load_file(tmp_path / "run" / "model.safetensors")
    theirs = given["mobilenet_v2.conv_stem.first_conv.convolution.weight"]
    assert torch.equal(learnt["features.0.0.weight"], theirs)
    rows = {row["model_tensor"]: row for row in table(tmp_path / "run")}
    assert rows["classifier.1.weight"] == {
        "state": "re-made",
        "part": "head",
        "model_tensor": "classifier.1.weight",
        "model_shape": "2 × 1280",
        "file_tensor": "classifier.weight",
        "file_shape": "1001 × 1280",
    }
    card = json.loads((tmp_path / "run" / "card.json").read_text())
    assert card["weights"]["layout"] == "Hugging Face's layout"
    assert (card["weights"]["taken"], card["weights"]["fresh"]) == (260, 2)
    assert card["task_values"]["scaling"] == "symmetric"


def test_the_pictures_are_scaled_as_weights_of_timm_want_them(tmp_path):
    given = {n: torch.ones(s) for n, s in NAMES["timm-mobilenetv2"].items()}
    save_file(given, tmp_path / "timm.safetensors")
    job = training(
        class_folder(tmp_path / "cells", 3),
        tmp_path / "run",
        model="mobilenet-v2",
        task_options={"size": 32},
        weights=str(tmp_path / "timm.safetensors"),
    )
    list(job.run())
    assert json.loads((tmp_path / "run" / "card.json").read_text())["inputs"]["scaling"] == "imagenet"


@pytest.fixture
def earlier(tmp_path):
    """Return the folder of a run that learnt dark from light."""
    folder = class_folder(tmp_path / "cells", 4)
    list(training(folder, tmp_path / "first", task_options={"size": 24, "intensity": "percentiles"}).run())
    return tmp_path / "first"


def test_a_training_starts_from_an_earlier_run_with_its_data_prepared_alike(earlier, tmp_path):
    card = json.loads((earlier / "card.json").read_text())
    card["inputs"]["scaling"] = card["task_values"]["scaling"] = "imagenet"
    (earlier / "card.json").write_text(json.dumps(card))
    list(training(tmp_path / "cells", tmp_path / "second", weights=str(earlier)).run())
    made = json.loads((tmp_path / "second" / "card.json").read_text())
    values = made["task_values"]
    assert (values["scaling"], values["size"], values["intensity"]) == ("imagenet", 24, "percentiles")
    assert made["weights"]["run"] == str(earlier)
    assert made["weights"]["file"].endswith("model.safetensors")
    assert {row["state"] for row in table(tmp_path / "second")} == {"taken"}


def test_the_head_of_a_run_that_knew_other_classes_is_made_anew(earlier, tmp_path):
    other = class_folder(tmp_path / "others", 4)
    (other / "dark").rename(other / "round")
    list(training(other, tmp_path / "second", weights=str(earlier)).run())
    states = {row["model_tensor"]: row["state"] for row in table(tmp_path / "second")}
    assert (states["fc2.weight"], states["fc1.weight"]) == ("re-made", "taken")


def test_a_checkpoint_of_a_run_brings_its_scaling_along(earlier):
    kept = next((earlier / "checkpoints").glob("*.safetensors"))
    assert start_of(str(kept)).run == earlier
    assert start_of(str(earlier)).path == earlier / "model.safetensors"
    assert start_of(str(earlier / "model.safetensors")).inputs["channels"] == 3


def test_a_pre_training_without_a_head_is_started_from(earlier, tmp_path):
    made = tmp_path / "pretrained"
    made.mkdir()
    tensors = load_file(earlier / "model.safetensors")
    save_file({n: t for n, t in tensors.items() if not n.startswith("fc")}, made / "backbone.safetensors")
    (made / "card.json").write_text(json.dumps({"model": "biomed-cnn", "inputs": {"scaling": "unit", "channels": 3}}))
    start = start_of(str(made))
    assert (start.partial, start.scaling, start.run) == (True, "unit", made)
    list(training(tmp_path / "cells", tmp_path / "second", weights=str(made)).run())
    states = {row["model_tensor"]: row["state"] for row in table(tmp_path / "second")}
    assert (states["conv1.weight"], states["fc1.weight"], states["fc2.weight"]) == ("taken", "missing", "missing")
    assert json.loads((tmp_path / "second" / "card.json").read_text())["inputs"]["scaling"] == "unit"


def test_a_folder_without_weights_is_no_start(tmp_path):
    with pytest.raises(Fault, match=r"no folder of a run with weights.*folder of a run that has ended"):
        start_of(str(tmp_path))


def test_weights_that_are_not_there_are_told_before_a_folder_is_made(tmp_path):
    with pytest.raises(Fault, match=r"none\.pt: there is no such file or folder"):
        list(training(tmp_path / "no data", tmp_path / "run", weights=str(tmp_path / "none.pt")).run())
    assert not (tmp_path / "run").exists()


def test_outlining_starts_from_an_earlier_outlining(tmp_path):
    folder = painted_folder(tmp_path / "discs", 4, splits=True)
    plan = {"task": "semantic-segmentation", "model": "unet", "task_options": {"crop": 32}}
    plan["fit_options"] = {**QUICK, "batch_size": 2}
    list(training(folder, tmp_path / "first", **plan).run())
    list(training(folder, tmp_path / "second", weights=str(tmp_path / "first"), freeze=("conv_0",), **plan).run())
    before, after = (load_file(tmp_path / run / "model.safetensors") for run in ("first", "second"))
    frozen = [name for name in before if name.startswith("conv_0.")]
    assert frozen
    assert all(np.array_equal(before[name].numpy(), after[name].numpy()) for name in frozen)


def test_a_first_layer_for_other_channels_starts_fresh_which_is_told(tmp_path, earlier):
    grey = load_file(earlier / "model.safetensors")
    grey["conv1.weight"] = grey["conv1.weight"][:, :1].contiguous()
    save_file(grey, tmp_path / "grey.safetensors")
    told = list(training(tmp_path / "cells", tmp_path / "second", weights=str(tmp_path / "grey.safetensors")).run())
    assert any("conv1.weight starts fresh" in event.message for event in told if isinstance(event, Warned))


def test_samples_that_the_run_learnt_and_the_next_is_judged_on_are_told(earlier, tmp_path):
    same = list(training(tmp_path / "cells", tmp_path / "same", weights=str(earlier)).run())
    assert not [event for event in same if isinstance(event, Warned) and "validation samples" in event.message]
    other = training(tmp_path / "cells", tmp_path / "other", weights=str(earlier), fit_options={**QUICK, "seed": 5})
    words = [event.message for event in other.run() if isinstance(event, Warned)]
    assert any("validation samples were learnt by this run" in message for message in words), words


def test_a_folder_from_hugging_face_says_how_pictures_are_scaled(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    assert start_of(str(tmp_path)).scaling == ""
    (tmp_path / "config.json").write_text(json.dumps({"pretrained_cfg": {"mean": [0.485, 0.456, 0.406]}}))
    assert start_of(str(tmp_path)).scaling == "imagenet"
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.5, 0.5, 0.5]}))
    start = start_of(str(tmp_path / "pytorch_model.bin"))
    assert (start.scaling, start.run) == ("symmetric", None)
    (tmp_path / "preprocessor_config.json").write_text("{")
    assert start_of(str(tmp_path)).scaling == "imagenet"


def test_the_licence_of_a_download_is_told_once(tmp_path, monkeypatch):
    path = tmp_path / "public.safetensors"
    save_file(MODELS["resnet18"].build(InputSpec(3, (32, 32)), 1000).state_dict(), path)

    def fetch(*_, **__):
        yield Progress(1, 1, "Downloading")
        return path

    monkeypatch.setattr("biofm_desktop.engine.models.downloads.fetch", fetch)
    folder = class_folder(tmp_path / "cells", 3)
    for place, told in enumerate((True, False)):
        job = training(folder, tmp_path / f"run{place}", model="resnet18", weights="download", freeze=("layer*",))
        events = list(job.run())
        assert isinstance(events[-1], Finished), events[-1]
        assert any("you accept their licence: BSD" in e.message for e in events if isinstance(e, Warned)) is told
    assert len(table(tmp_path / "run1")) == 122


def test_learning_on_top_of_a_run_keeps_the_list_too(earlier, tmp_path):
    splits = json.loads((earlier / "splits.json").read_text())
    only = next(key for key, split in splits.items() if split == "train")
    data = (str(tmp_path / "cells"),)
    list(RetrainJob(run_folder=str(earlier), data=data, out=str(tmp_path / "more"), epochs=1, only=(only,)).run())
    assert {row["state"] for row in table(tmp_path / "more")} == {"taken"}


# The job and the command that train nothing


def told_of(path, model, **changes):
    (last,) = WeightsJob(weights=str(path), model=model, **changes).run()
    return last.result


def test_the_job_tells_rows_and_a_line(tmp_path):
    given = MODELS["resnet18"].build(InputSpec(3, ()), 1000).state_dict()
    torch.save({"state_dict": {f"module.{n}": t for n, t in given.items()}}, tmp_path / "w.pth")
    found = told_of(tmp_path / "w.pth", "resnet18", outputs=3)
    assert found["summary"] == "120 of 122 tensors taken, 2 re-made (head)"
    assert found["layout"].endswith("(names begin with 'module.')")
    assert found["fault"] == ""
    assert told_of(tmp_path / "w.pth", "resnet18")["summary"] == "122 of 122 tensors taken"
    wrong = told_of(tmp_path / "w.pth", "mobilenet-v2")
    assert "It looks like ResNet-18" in wrong["fault"]
    assert "Choose the model resnet18" in wrong["fault"]


def test_the_job_knows_the_inputs_and_classes_of_a_run(earlier):
    found = told_of(earlier, "biomed-cnn")
    assert (found["run"], found["fault"]) == (earlier.name, "")
    assert {row["state"] for row in found["rows"]} == {"taken"}
    other = told_of(earlier, "biomed-cnn", outputs=2, classes=("dark", "round"))
    assert {row["model"] for row in other["rows"] if row["state"] == "re-made"} == {"fc2.weight", "fc2.bias"}


def test_the_command_prints_the_list_and_its_line(tmp_path, capsys):
    save_file(MODELS["resnet18"].build(InputSpec(3, ()), 9).state_dict(), tmp_path / "w.safetensors")
    words = ["weights", str(tmp_path / "w.safetensors"), "--model", "resnet18"]
    assert main([*words, "--classes", "2", "--only", "re-made"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["re-made", "fc.weight"], ["re-made", "fc.bias"]]
    assert lines[2] == "120 of 122 tensors taken, 2 re-made (head)"
    assert main([*words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 122
    assert main(["weights", words[1], "--model", "vgg16"]) == 2
    assert "Choose the model resnet18" in capsys.readouterr().err
    assert main(["weights", str(tmp_path / "none.pt"), "--model", "vgg16"]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_a_licence_is_accepted_once_and_anew_when_it_changes():
    from dataclasses import replace

    weights = MODELS["resnet18"].weights
    assert not accepted(weights)
    accept(weights)
    assert accepted(weights)
    assert not accepted(replace(weights, licence="other terms"))
