"""What the manual says of pre-training, on real data: the linear probe rises, and few labels teach more.

Minutes each; run with ``pytest -m slow tests/flows/test_pretraining_claims.py``. Judged on validation samples: those
for testing stay untouched.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import fmean

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")]
SEEDS = (0, 1, 2)


def biofm(*words):
    done = subprocess.run([sys.executable, "-m", "biofm_desktop", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def figures(run):
    return json.loads((run / "metrics.json").read_text())


def with_a_tenth_of_the_labels(folder, task, data, model, metric, *more):
    """Return the figure on validation samples, the mean of three seeds."""
    found = []
    for seed in SEEDS:
        run = folder / str(seed)
        asked = ("--model", model, "--out", run, "--labels-per-class", "0.1", "--seed", seed, "--check-leaks", "no")
        biofm("train", task, data, *asked, *more)
        found.append(figures(run)["validation"][metric])
    return fmean(found)


def pretrained(tmp_path, task, data, model, objective, metric, epochs, *more, fit=()):
    """Pre-train; return the probe before and after, and the figures from scratch and from there."""
    pre = tmp_path / "pre"
    biofm("pretrain", objective, data, "--model", model, "--out", pre, "--epochs", epochs, *more)
    probe = figures(pre)["probe"]
    scratch = with_a_tenth_of_the_labels(tmp_path / "scratch", task, data, model, metric, *more, *fit)
    start = with_a_tenth_of_the_labels(tmp_path / "start", task, data, model, metric, *more, *fit, "--weights", pre)
    before, after = probe["before"][metric], probe["after"][metric]
    print(
        f"\n{model} {objective}: probe {before:.3f} to {after:.3f}, a tenth of the labels {scratch:.3f} to {start:.3f}"
    )
    return before, after, scratch, start


def test_red_cells(tmp_path):
    with zipfile.ZipFile(DATA / "classify" / "chula_rbc12" / "crops.zip") as archive:
        archive.extractall(tmp_path / "cells")
    asked = ("image-classification", tmp_path / "cells", "resnet18", "contrastive", "macro_f1", 10)
    before, after, scratch, start = pretrained(tmp_path, *asked, "--size", "32", fit=("--epochs", "30"))
    assert after > before + 0.05
    assert start > scratch


def test_splice_sites(tmp_path):
    data = DATA / "dna" / "splice_uci.csv.gz"
    asked = ("sequence-classification", data, "gru", "masked-letters", "accuracy", 60)
    before, after, scratch, start = pretrained(tmp_path, *asked)
    assert after > before
    assert start > scratch
