"""A training under way is changed from another process, by the mailbox in its folder."""

import json
import subprocess
import sys

import numpy as np
from PIL import Image
from safetensors.torch import load_file

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Changed, EpochDone, Finished, StepDone
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.jobs.mailbox import Mailbox, post
from biofm_desktop.engine.runners import HereRun


def test_what_is_posted_is_read_once_and_half_a_line_waits(tmp_path):
    post(tmp_path, {"pause": True})
    box = Mailbox(tmp_path)
    assert box.new() == []  # of an earlier time
    post(tmp_path, {"stop": True})
    post(tmp_path, {"change": {"epochs": 3}})
    assert box.new() == [{"stop": True}, {"change": {"epochs": 3}}]
    with (tmp_path / "control.jsonl").open("a") as file:
        file.write('not json\n{"resu')
        file.flush()
        assert box.new() == []
        file.write('me": true}\n')
    assert box.new() == [{"resume": True}]


def test_biofm_steer_changes_a_training_under_way(tmp_path, capsys):
    chance, data, out = np.random.default_rng(0), tmp_path / "cells", tmp_path / "run"
    for name, level in (("dark", 60), ("light", 160)):
        (data / name).mkdir(parents=True)
        for number in range(12):
            pixels = chance.normal(level, 30, (28, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(data / name / f"{number}.png")
    options = {"epochs": 4, "batch_size": 8, "device": "cpu", "check_leaks": False}
    job = TrainJob(
        task="image-classification", data=(str(data),), model="biomed-cnn", out=str(out), fit_options=options
    )
    told, at_change = [], {}
    for event in HereRun(job):
        told.append(event)
        if isinstance(event, StepDone) and event.step == 2:
            words = [sys.executable, "-m", "biofm_desktop", "steer", str(out), "--freeze", "conv1", "conv2"]
            subprocess.run([*words, "--learning-rate", "0.0001", "--epochs", "5"], check=True, capture_output=True)
        if isinstance(event, EpochDone) and event.epoch == 1:
            at_change = load_file(out / "checkpoints" / "last.safetensors")
    mark = next(event for event in told if isinstance(event, Changed))
    assert mark.step == 2
    assert "2 of 4 layers learn" in mark.words
    assert [event.epoch for event in told if isinstance(event, EpochDone)] == [1, 2, 3, 4, 5]
    assert isinstance(told[-1], Finished)
    last = load_file(out / "checkpoints" / "last.safetensors")
    assert all((at_change[name] == last[name]).all() for name in last if name.startswith("conv"))
    assert not all((at_change[name] == last[name]).all() for name in last if name.startswith("fc"))
    kept = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    assert [event["step"] for event in kept if event["event"] == "Changed"] == [2]
    assert main(["steer", str(out)]) == 2
    assert "nothing to change" in capsys.readouterr().err
    assert main(["steer", str(tmp_path), "--epochs", "3"]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
