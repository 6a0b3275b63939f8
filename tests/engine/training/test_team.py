"""Several processes that train together: they learn what one would, and one that dies ends the run in plain words."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from safetensors.torch import load_file

SCRIPT = Path(__file__).with_name("team_script.py")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "BIOFM_THREADS": "1"}
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="torchrun with gloo is for Linux and macOS")


def torchrun(*words, count=2):
    return [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        f"--nproc-per-node={count}",
        *map(str, words),
    ]


def test_two_processes_learn_what_one_learns(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    root = str(Path(__file__).parents[3])
    environment = {**ENVIRONMENT, "PYTHONPATH": root}
    subprocess.run([sys.executable, SCRIPT, tmp_path / "one"], check=True, env=environment)
    subprocess.run(torchrun(SCRIPT, tmp_path / "two"), check=True, env=environment, capture_output=True)
    one, two = (load_file(tmp_path / name / "end.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_allclose(two[name], one[name], rtol=1e-3, atol=2e-5, err_msg=name)


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("cells"), np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 160)):
        (folder / name).mkdir()
        for number in range(24):
            pixels = chance.normal(level, 30, (28, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def words(cells, out, epochs):
    return [
        *("-m", "biofm_desktop", "train", "image-classification", cells, "--model", "biomed-cnn", "--out", out),
        *("--epochs", epochs, "--batch-size", 8, "--device", "cpu", "--check-leaks", "no"),
    ]


@pytest.mark.slow
def test_the_command_line_under_torchrun_leaves_one_whole_run(cells, tmp_path):
    out = tmp_path / "run"
    done = subprocess.run(torchrun(*words(cells, out, 3)), env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Trained for 3 epochs") == 1
    assert json.loads((out / "metrics.json").read_text())["validation"]["accuracy"] > 0.8
    assert load_file(out / "model.safetensors")
    told = [json.loads(line)["event"] for line in (out / "events.jsonl").read_text().splitlines()]
    assert told.count("EpochDone") == 3


def test_a_killed_process_ends_the_run_in_plain_words_and_its_checkpoint_loads(cells, tmp_path):
    out = tmp_path / "run"
    process = subprocess.Popen(
        torchrun(*words(cells, out, 5000)), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until = time.monotonic() + 240
        while not (out / "checkpoints" / "last.safetensors").is_file() and time.monotonic() < until:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.1)
        second = next(p for p in psutil.Process(process.pid).children() if p.environ().get("RANK") == "1")
        second.send_signal(signal.SIGKILL)
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode != 0
    assert "one of the 2 ended or is no longer reached" in said
    assert load_file(out / "model.safetensors")
    assert 0 < json.loads((out / "metrics.json").read_text())["epochs"] < 5000
