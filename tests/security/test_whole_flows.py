"""Whole ways through the program: without a network, and with a patient's data of which nothing may be told."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from biofm_desktop.engine.project import Project

#: Runs at the start of every Python process, also of those that the program starts.
_NO_NETWORK = """
import os, sys
def hear(event, values, never=("socket.connect", "socket.bind", "socket.send", "socket.getaddrinfo",
                               "socket.gethostbyname", "urllib.Request", "http.client.connect")):
    if event.startswith(never):
        with open(os.environ["NETWORK_LOG"], "a") as file:
            file.write(f"{event} {values!r}\\n")
        raise OSError(101, "Network is unreachable")
sys.addaudithook(hear)
"""


@pytest.fixture
def away(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which no process has a network."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_NO_NETWORK)
    root = str(Path(__file__).parents[2])
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(tmp_path / "site"), root)),
        "NETWORK_LOG": str(tmp_path / "network.txt"),
        "QT_QPA_PLATFORM": "offscreen",
    }


def biofm(environment: dict[str, str], *words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "biofm_desktop", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def train_predict_export(environment: dict[str, str], data: Path, out: Path, task: str, model: str, kind: str) -> str:
    told = biofm(environment, "inspect", "--json", data)
    words = ("--epochs", "1", "--device", "cpu")
    told += biofm(environment, "train", task, data, "--model", model, "--out", out / "run", *words)
    told += biofm(environment, "predict", out / "run", data, "--out", out / "predicted", "--as", kind)
    return told + biofm(environment, "evaluate", out / "run", data, "--out", out / "judged")


def test_the_hook_of_these_tests_sees_a_network_call(tmp_path: Path, away: dict[str, str]) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    assert subprocess.run([sys.executable, "-c", code], env=away, capture_output=True, check=False).returncode == 1
    assert (tmp_path / "network.txt").read_text().startswith("socket.")


@pytest.mark.slow
def test_open_train_predict_and_export_use_no_network(tmp_path: Path, away: dict[str, str]) -> None:
    random = np.random.default_rng(0)
    rows = [f"{''.join(random.choice(list('ACGT'), 40))},{'ab'[n % 2]}" for n in range(12)]
    (tmp_path / "data.csv").write_text("sequence,label\n" + "\n".join(rows) + "\n")
    train_predict_export(away, tmp_path / "data.csv", tmp_path, "sequence-classification", "sequence-cnn", "csv")
    assert (tmp_path / "predicted" / "predictions.csv").is_file()
    assert not (tmp_path / "network.txt").exists()


def test_the_window_starts_and_opens_without_a_network(tmp_path: Path, away: dict[str, str]) -> None:
    np.save(tmp_path / "a.npy", np.zeros((20, 30), np.uint8))
    code = f"""
from pathlib import Path
from biofm_desktop.gui.app import make_window
window = make_window(Path({str(tmp_path / "a.npy")!r}))
assert window.project is not None and len(window.project.dataset) == 1
window.close()
"""
    done = subprocess.run([sys.executable, "-c", code], env=away, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert not (tmp_path / "network.txt").exists()


def words_of(path: Path) -> bytes:
    """Return all of a file but bare numbers, among whose bytes any three letters come up by chance."""
    if path.suffix == ".safetensors":
        with path.open("rb") as file:
            return file.read(int.from_bytes(file.read(8), "little"))
    if path.suffix == ".pt":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if "/data/" not in name]
            return b"\n".join([name.encode() + archive.read(name) for name in names])
    return path.read_bytes()


@pytest.mark.slow
def test_nothing_that_is_written_or_told_holds_a_patient(
    corpus: tuple[Path, list[dict[str, Any]]], tmp_path: Path, own_folders: Path
) -> None:
    folder, entries = corpus
    (entry,) = [entry for entry in entries if entry["id"] == "dicom-phi"]
    random = np.random.default_rng(0)
    for number in range(8):
        picture = tmp_path / "data" / "ab"[number % 2] / f"{number}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (32, 32), np.uint8)).save(picture)
    scan = tmp_path / "scan" / "scan.dcm"  # its own name holds the patient's
    scan.parent.mkdir()
    scan.write_bytes((folder / entry["path"]).read_bytes())
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    out = tmp_path / "out"
    words = ("--model", "biomed-cnn", "--out", out / "run", "--epochs", "1", "--device", "cpu")
    told = biofm(environment, "train", "image-classification", tmp_path / "data", *words)
    told += biofm(environment, "inspect", "--json", scan)
    told += biofm(environment, "predict", out / "run", scan, "--out", out / "predicted", "--as", "csv")
    project = Project.for_data([scan])
    project.set_target(project.dataset.samples[0].key, "two")
    note = json.loads((out / "predicted" / "predictions.export.json").read_text())
    assert "personal" in str(note["exports"][0]["problems"])
    outputs = [path for top in (out, own_folders) for path in top.rglob("*") if path.is_file()]
    assert len(outputs) > 5
    for word in entry["forbidden_in_outputs"]:
        assert word not in told
        assert not [path for path in outputs if word.encode() in words_of(path) or word in path.name], word
