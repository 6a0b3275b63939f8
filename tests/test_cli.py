"""biofm: words in, files, lines and an exit status out."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from biofm_desktop.cli import main
from biofm_desktop.cli.show import plain, strict
from biofm_desktop.engine.jobs import JOBS, FitOptions, TrainJob
from biofm_desktop.engine.options import specs
from biofm_desktop.engine.tasks import TASKS
from tests.engine.made_up import painted_folder

ROOT = Path(__file__).parents[1]


def biofm(*words, **more):
    """Start biofm as a process of its own."""
    program = "import sys; from biofm_desktop.cli import main; sys.exit(main())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | more.pop("env", {})
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **more,
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Class folders of 24 pictures of 28 x 28: bright and dark."""
    folder = tmp_path_factory.mktemp("pictures")
    chance = np.random.default_rng(0)
    for label, level in (("bright", 200), ("dark", 50)):
        (folder / label).mkdir()
        for number in range(12):
            pixels = chance.integers(level - 30, level + 30, (28, 28), np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{label}_{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    """The folder of a run that tells bright from dark."""
    out = tmp_path_factory.mktemp("runs") / "deep" / "run"
    words = ["train", "image-classification", pictures, "--model", "biomed-cnn", "--out", out, "--epochs", 2]
    assert main([str(w) for w in [*words, "--device", "cpu", "--freeze", "conv1", "--seed", "3"]]) == 0
    return out


def test_help_and_version_are_quick_and_name_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("train", "predict", "evaluate", "inspect", "list", "run", "doctor"))
    assert main(["--version"]) == 0
    assert "BioFM Desktop" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["--help"], ["list", "tasks"], ["list", "models", "--json"], ["inspect", "/nowhere"]]
)
def test_light_commands_import_neither_torch_nor_qt(words):
    code = (
        "import sys; from biofm_desktop.cli import main; status = main(sys.argv[1:]);"
        "assert not {'torch', 'PySide6', 'napari'} & set(sys.modules), 'heavy'; sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "inspect", "list", "run", "doctor"])
def test_every_command_explains_itself(capsys, command):
    assert main([command, "--help"]) == 0
    assert f"usage: biofm {command}" in capsys.readouterr().out


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_task_gives_its_options_as_flags(capsys, task):
    assert main(["train", task.name, "--help"]) == 0
    text = capsys.readouterr().out
    assert all(spec.flag in text for spec in (*specs(FitOptions), *specs(task)))


@pytest.mark.parametrize("what", ["tasks", "models", "formats", "exports"])
def test_lists_are_told_as_text_and_as_json(capsys, what):
    assert main(["list", what]) == 0
    text = capsys.readouterr().out
    assert main(["list", what, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row["name"] in text and row["title"] for row in rows)
    names = {row["name"] for row in rows}
    expected = {
        "tasks": {"image-classification", "semantic-segmentation", "sequence-classification", "sequence-regression"},
        "models": {"biomed-cnn", "vgg16", "resnet18", "mobilenet-v2", "unet", "sequence-cnn", "rnn", "lstm", "gru"},
        "formats": {"label-tiff", "csv", "fasta", "tiff"},
        "exports": {"label-tiff", "label-png", "label-nifti", "csv", "gff3"},
    }
    assert expected[what] <= names


def test_layers_are_what_patterns_are_matched_against(capsys):
    assert main(["list", "layers", "biomed-cnn", "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)
    assert layers[0]["name"]
    assert sum(layer["parameters"] for layer in layers) > 1000
    assert main(["list", "layers", "biomed-cnn"]) == 0
    assert layers[-1]["name"] in capsys.readouterr().out


def test_training_leaves_a_run_folder_that_predicts_and_is_judged(trained, pictures, tmp_path, capsys):
    assert {"job.json", "events.jsonl", "model.safetensors", "metrics.json", "card.json"} <= {
        p.name for p in trained.iterdir()
    }
    assert main(["predict", str(trained), str(pictures / "dark"), "--out", str(tmp_path / "p")]) == 0
    table = pd.read_csv(tmp_path / "p" / "predictions.csv")
    assert len(table) == 12
    assert {"key", "label", "confidence", "probability_bright", "probability_dark"} <= set(table)
    assert table[["probability_bright", "probability_dark"]].sum(axis=1).to_numpy() == pytest.approx(np.ones(12))
    note = json.loads((tmp_path / "p" / "predictions.export.json").read_text())["exports"][0]
    assert (note["model"], note["run"]) == ("biomed-cnn", str(trained))
    capsys.readouterr()
    assert main(["evaluate", str(trained), str(pictures), "--out", str(tmp_path / "e")]) == 0
    assert "accuracy" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "e" / "metrics.json").read_text())
    assert 0 <= metrics["metrics"]["accuracy"] <= 1
    assert metrics["samples"] == 24


def test_flags_reach_the_job_and_only_those_stated(trained):
    job = json.loads((trained / "job.json").read_text())
    assert job["fit_options"] == {"epochs": 2, "device": "cpu", "seed": 3}
    assert job["freeze"] == ["conv1"]
    assert job["task_options"] == {}


def test_a_job_file_repeats_a_run_with_equal_weights(trained, tmp_path):
    assert main(["run", str(trained / "job.json"), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (trained / "model.safetensors").read_bytes()


def test_json_gives_an_event_a_line(trained, pictures, tmp_path, capsys):
    assert main(["predict", str(trained), str(pictures / "dark"), "--out", str(tmp_path / "p"), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["Started", "Finished"]


def test_a_command_copied_from_the_window_parses_to_the_same_job(tmp_path, monkeypatch):
    job = TrainJob(
        task="sequence-classification",
        data=(str(tmp_path / "a b.csv"), str(tmp_path / "c.csv")),
        model="sequence-cnn",
        out=str(tmp_path / "run"),
        fit_options={"epochs": 3, "learning_rate": 0.01},
        freeze=("stem*", "blocks.0"),
        train_only=("head",),
        weights=str(tmp_path / "w.safetensors"),
    )
    seen = []
    monkeypatch.setattr("biofm_desktop.cli.commands.run_job", lambda job, given: seen.append(job) or 0)
    assert main(job.command()[1:]) == 0
    assert seen == [job]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train"], "required"),
        (["train", "image-classification"], "required"),
        (["train", "image-clasification", "x", "--model", "unet", "--out", "y"], "Did you mean image-classification"),
        (["train", "image-classification", "x", "--model", "unet", "--out", "y", "--epochs", "many"], "whole number"),
        (["train", "image-classification", "x", "--model", "unet", "--out", "y", "--epochs", "-1"], "below 0"),
        (["train", "image-classification", "x", "--model", "unet", "--out", "y", "--epcohs", "1"], "--epcohs"),
        (["train", "image-classification", "x", "--model", "unet", "--out", "{new}"], "does not fit"),
        (["train", "image-classification", "/nowhere", "--model", "biomed-cnn", "--out", "{new}"], "/nowhere"),
        (["predict", "{tmp}", "x", "--out", "{new}"], "card.json"),
        (["predict", "{tmp}", "x", "--out", "{new}", "--as", "label-tif"], "label-tiff"),
        (["evaluate", "{tmp}", "x", "--out", "{new}"], "card.json"),
        (["list", "fruits"], "fruits"),
        (["list", "layers"], "no model"),
        (["list", "layers", "unett"], "Did you mean unet"),
        (["list", "tasks", "unet"], "means nothing"),
        (["list", "models", "nowhere"], "no such folder"),
        (["run", "{tmp}/none.json"], "no such file"),
        (["inspect"], "no path"),
        (["inspect", "--json", "--serve"], "not allowed"),
        (["trian", "x"], "Did you mean 'biofm train'"),
        (["/nowhere/at/all"], "no such file"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_wrong_use_is_one_clear_sentence_and_status_2(words, said, tmp_path, capsys):
    words = [word.format(tmp=tmp_path, new=tmp_path / "new") for word in words]
    assert main(words) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.startswith("biofm: ")
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err


def test_a_folder_with_contents_is_never_written_into(trained, pictures, tmp_path, capsys):
    (tmp_path / "mine").write_text("precious")
    for words in (
        ["train", "image-classification", pictures, "--model", "biomed-cnn", "--out", tmp_path],
        ["predict", trained, pictures, "--out", tmp_path],
    ):
        assert main([str(word) for word in words]) == 2
        assert "not empty" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_judging_a_run_does_not_overwrite_its_own_figures(trained, pictures, capsys):
    before = (trained / "metrics.json").read_bytes()
    assert main(["evaluate", str(trained), str(pictures), "--out", str(trained)]) == 2
    assert (trained / "metrics.json").read_bytes() == before


@pytest.mark.parametrize(
    "text", ["no json", "[]", "{}", '{"job": "tea"}', '{"job": "train", "sugar": 2}', '{"job": "train"}']
)
def test_a_job_file_that_is_none_is_refused(text, tmp_path, capsys):
    (tmp_path / "job.json").write_text(text)
    assert main(["run", str(tmp_path / "job.json"), "--out", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("mishap", "status"), [("", 0), ("fault", 1), ("error", 1), ("memory", 1)])
def test_the_exit_status_tells_how_a_job_ended(tmp_path, capsys, mishap, status):
    (tmp_path / "job.json").write_text(json.dumps({"job": "self-test", "mishap": mishap}))
    assert main(["run", str(tmp_path / "job.json")]) == status
    assert "Traceback" not in capsys.readouterr().err
    main(["run", str(tmp_path / "job.json"), "--debug"])
    assert ("Traceback" in capsys.readouterr().err) == bool(mishap)


def test_inspecting_tells_one_object_a_path(pictures, tmp_path, capsys):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert main(["inspect", str(pictures), str(tmp_path / "broken.png"), str(tmp_path / "none"), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["verdict"] for row in rows] == ["opened", "refused", "refused"]
    assert all(set(row) == {"path", "verdict", "message", "value"} for row in rows)
    assert rows[0]["value"]["classes"] == ["bright", "dark"]
    assert main(["inspect", str(tmp_path / "broken.png")]) == 0
    assert capsys.readouterr().out.startswith("refused: ")


def test_serving_answers_a_path_a_line(pictures, monkeypatch, capsys, tmp_path):
    lines = f"{pictures}\n\n{tmp_path / 'ünï'}\n".encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    assert main(["inspect", "--serve"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["path"], row["verdict"]) for row in rows] == [
        (str(pictures), "opened"),
        (str(tmp_path / "ünï"), "refused"),
    ]


def test_serving_answers_each_line_at_once(pictures):
    server = biofm("inspect", "--serve", stdin=subprocess.PIPE)
    for _ in range(2):
        server.stdin.write(f"{pictures}\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["verdict"] == "opened"
    server.stdin.close()
    assert server.wait(10) == 0


def started(process):
    """Wait until the process has told of a step."""
    while line := process.stdout.readline():
        if '"StepDone"' in line:
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_saves_and_leaves_status_130(tmp_path, number):
    values = {"job": "self-test", "steps": 100_000, "seconds": 0.01, "out": str(tmp_path / "out")}
    (tmp_path / "job.json").write_text(json.dumps(values))
    process = biofm("run", tmp_path / "job.json", "--json")
    started(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1])["stopped"] is True
    assert "Stopping and saving" in err
    assert "Traceback" not in err
    assert (tmp_path / "out" / "self_test.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_a_second_ctrl_c_ends_at_once(tmp_path):
    (tmp_path / "job.json").write_text(json.dumps({"job": "self-test", "steps": 3, "seconds": 8.0}))
    process = biofm("run", tmp_path / "job.json", "--json")
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    while "Stopping" not in process.stderr.readline():
        pass
    began = time.perf_counter()
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    assert time.perf_counter() - began < 1.0


@pytest.mark.skipif(os.name == "nt", reason="pipes are of POSIX")
def test_a_reader_that_goes_away_is_no_error():
    lister = biofm("list", "models", "--json")
    lister.stdout.close()
    assert lister.wait(20) == 0
    assert "Traceback" not in lister.stderr.read()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux may lack a display")
def test_without_a_display_the_window_is_refused_in_one_sentence(monkeypatch, capsys, tmp_path):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([str(tmp_path)]) == 2
    assert "no display" in capsys.readouterr().err


def test_paths_open_the_window(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    module = type(sys)("biofm_desktop.gui.app")
    module.main = lambda paths: seen.append(list(paths)) or 0
    monkeypatch.setitem(sys.modules, "biofm_desktop.gui.app", module)
    assert main([str(tmp_path)]) == 0
    assert main([]) == 0
    assert seen == [[tmp_path], []]


def test_a_name_cannot_steer_the_terminal():
    assert plain("a\x1b[2Jb\nc") == "a�[2Jb�c"


def test_json_is_json_by_the_letter():
    assert strict({"a": (float("nan"), 1.5, [float("inf")]), 2: None}) == {"a": [None, 1.5, [None]], "2": None}


def test_bars_move_on_a_terminal(monkeypatch, capsys):
    from biofm_desktop.cli import show
    from biofm_desktop.engine import events

    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with show.make_show(as_json=False) as bars:
        assert isinstance(bars, show.BarShow)
        for event in (
            events.Started("Train [bold]x", 3, 1),
            events.StepDone(1, 1, 0.5, 0.1),
            events.EpochDone(1, 3, 0.5, 0.4, {"accuracy": 0.9}, best=True),
            events.Preview("key", "text"),
            events.Progress(1, 3, "Reading"),
            events.Warned("careful"),
            events.Saved("/x/a.tif", "export"),
            events.Saved("/x/b.tif", "export"),
            events.Finished("all done"),
        ):
            bars.show(event)
    told = capsys.readouterr()
    assert "epoch 1: train loss 0.5, validation loss 0.4, accuracy 0.9 (best)" in told.err
    assert "Train [bold]x" in told.err
    assert "1 more" in told.err
    assert told.out == "all done\n"


def test_every_job_tells_a_command_that_biofm_knows():
    from biofm_desktop.cli.parsers import COMMANDS

    for job in JOBS:
        assert job.name in COMMANDS or job.name in ("describe", "self-test")


def test_masks_are_exported_as_label_images_by_default(tmp_path):
    data, out, said = painted_folder(tmp_path / "data"), tmp_path / "run", tmp_path / "p"
    words = ["train", "semantic-segmentation", data, "--model", "unet", "--out", out, "--epochs", 1, "--crop", 32]
    assert main([str(word) for word in [*words, "--batch-size", 2, "--device", "cpu"]]) == 0
    assert main(["predict", str(out), str(data / "images"), "--out", str(said)]) == 0
    masks = sorted(said.glob("*.tif"))
    assert [p.name for p in masks] == [f"disc{n}.tif" for n in range(6)]
    assert tifffile.imread(masks[0]).shape == (64, 64)
