"""What the README says of real data: default training from the command line, judged once on the untouched test split.

Minutes each; run with ``pytest -m slow tests/flows/test_claims.py``.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from biofm_desktop.engine.formats import open_data

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")]
WEIGHTS = DATA / "weights" / "mobilenet_v2_imagenet1k_fp16.pt"
SEQUENCE_MODELS = ("sequence-cnn", "rnn", "lstm", "gru", "sequence-transformer")


def biofm(*words):
    done = subprocess.run([sys.executable, "-m", "biofm_desktop", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def trained_and_judged(tmp_path, task, data, model, *more):
    """Train with nothing said but what must be, and return (test figures, seconds)."""
    run = tmp_path / "run"
    biofm("train", task, data, "--model", model, "--out", run, *more)
    biofm("evaluate", run, data, "--split", "test", "--out", tmp_path / "eval")
    seconds = json.loads((run / "metrics.json").read_text())["seconds"]
    metrics = json.loads((tmp_path / "eval" / "metrics.json").read_text())["metrics"]
    print(f"\n{task} {Path(data).name} {model}: {seconds:.0f} s, {metrics}")
    return metrics, seconds


def otsu_dice(folder):
    """Return Otsu's Dice over all pixels and by picture: for each picture the better of both polarities."""
    hits, sizes, each = 0, 0, []
    for sample in open_data([folder]).of_split("test"):
        grey = sample.planes().astype(float).mean(0)
        truth = sample.mask.read() > 0
        above = grey > threshold_otsu(grey)
        counts = [((said & truth).sum(), said.sum() + truth.sum()) for said in (above, ~above)]
        hit, size = max(counts, key=lambda count: count[0] / count[1])
        each.append(2 * hit / size)
        hits, sizes = hits + hit, sizes + size
    return 2 * hits / sizes, float(np.mean(each))


def test_a_unet_beats_otsu_on_nuclei_of_all_kinds(tmp_path):
    folder = DATA / "seg2d" / "dsb2018"
    metrics, seconds = trained_and_judged(tmp_path, "semantic-segmentation", folder, "unet")
    pooled, by_picture = otsu_dice(folder)
    print(f"Otsu: {pooled:.3f} over all pixels, {by_picture:.3f} by picture")
    assert seconds <= 600
    assert metrics["dice_over_pixels"] >= pooled + 0.05
    assert metrics["dice"] >= by_picture + 0.05


def test_a_frozen_mobilenet_with_a_new_head_tells_red_cells(tmp_path):
    folder = DATA / "classify" / "chula_rbc12"
    metrics, seconds = trained_and_judged(
        tmp_path, "image-classification", folder, "mobilenet-v2", "--freeze", "features", "--weights", WEIGHTS
    )
    assert metrics["accuracy"] >= 0.70
    assert seconds <= 300


def test_pneumonia_is_told_from_28_px_pictures(tmp_path):
    data = DATA / "classify" / "pneumoniamnist" / "pneumoniamnist.npz"
    metrics, _ = trained_and_judged(tmp_path, "image-classification", data, "resnet18")
    assert metrics["accuracy"] >= 0.86
    assert metrics["auc"] >= 0.95


@pytest.mark.parametrize("model", SEQUENCE_MODELS)
@pytest.mark.parametrize(("name", "bar", "chance"), [("promoter_tata_human", 0.93, 0.5), ("splice_uci", 0.963, 0.52)])
def test_sequence_models_beat_chance_and_the_best_beats_the_floor(tmp_path, model, name, bar, chance):
    metrics, _ = trained_and_judged(tmp_path, "sequence-classification", DATA / "dna" / f"{name}.csv.gz", model)
    assert metrics["accuracy"] >= chance + 0.2
    if model == "sequence-cnn":
        assert metrics["accuracy"] >= bar
