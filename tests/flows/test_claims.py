"""What the README says of real data: default training from the command line, judged once on the untouched test split.

Minutes each; run with ``pytest -m slow tests/flows/test_claims.py``.
"""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import tifffile
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


def dice_by_reading(said_of, folder):
    """Return foreground Dice over all pixels, as the mean over the kinds of image, and as the mean over the images.

    ``said_of(sample, truth)`` gives the mask that was said.
    """
    rows = []
    for sample in open_data([folder]).of_split("test"):
        truth = sample.mask.read() > 0
        said = said_of(sample, truth)
        rows.append((sample.columns["type"], (said & truth).sum(), said.sum() + truth.sum()))
    table = pd.DataFrame(rows, columns=["kind", "hit", "size"])
    each = 2 * table.hit / table["size"]
    return {
        "over pixels": 2 * table.hit.sum() / table["size"].sum(),
        "by kind": each.groupby(table.kind).mean().mean(),
        "by picture": each.mean(),
    }


def otsu(sample, truth):
    """Return the better of both polarities of Otsu's threshold."""
    grey = sample.planes().astype(float).mean(0)
    above = grey > threshold_otsu(grey)
    return max((above, ~above), key=lambda said: (said & truth).sum() / (said.sum() + truth.sum()))


@pytest.mark.parametrize(
    ("model", "more"),
    [
        pytest.param("unet", (), id="from_nothing"),
        pytest.param(
            "unet-mobilenet-v2", ("--weights", WEIGHTS, "--light", "wide", "--even", "yes"), id="from_photographs"
        ),
    ],
)
def test_a_unet_beats_otsu_on_nuclei_of_all_kinds(tmp_path, model, more):
    folder = DATA / "seg2d" / "dsb2018"
    metrics, seconds = trained_and_judged(tmp_path, "semantic-segmentation", folder, model, *more)
    biofm("predict", tmp_path / "run", folder, "--out", tmp_path / "masks", "--as", "label-tiff")
    masks = {path.stem: path for path in (tmp_path / "masks").rglob("*.tif")}
    ours = dice_by_reading(lambda sample, _: tifffile.imread(masks[sample.key]) > 0, folder)
    floor = dice_by_reading(otsu, folder)
    print(f"U-Net {ours}\nOtsu  {floor}")
    assert seconds <= 600
    assert metrics["dice"] == pytest.approx(ours["by picture"], abs=0.005)
    assert ours["over pixels"] >= floor["over pixels"] + 0.05
    assert ours["by kind"] >= floor["by kind"] + 0.05
    assert ours["by picture"] >= floor["by picture"] + 0.05


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
