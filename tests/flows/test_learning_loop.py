"""Correct, retrain, next on real red cells; and that proposals beat chance. Minutes; ``pytest -m slow``."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from biofm_desktop.engine.events import Finished
from biofm_desktop.engine.jobs import EvaluateJob, PredictJob, RetrainJob, TrainJob
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.prediction_store import read_predictions
from biofm_desktop.engine.runners import HereRun

DATA = Path(__file__).parents[3] / "shared" / "data"
WEIGHTS = DATA / "weights" / "mobilenet_v2_imagenet1k_fp16.pt"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")]


def done(job):
    *_, last = HereRun(job)
    assert isinstance(last, Finished), last
    return last.result


def part_of_red_cells(folder, each=24):
    """Unpack so many training crops of each class, and half as many for validation and for testing."""
    with zipfile.ZipFile(DATA / "classify" / "chula_rbc12" / "crops.zip") as crops:
        counts: dict[str, int] = {}
        for name in crops.namelist():
            split, kind, _ = name.split("/")
            counts[f"{split}/{kind}"] = counts.get(f"{split}/{kind}", 0) + 1
            if counts[f"{split}/{kind}"] <= (each if split == "train" else each // 2):
                crops.extract(name, folder)
    return folder


@pytest.mark.parametrize("seed", range(3))
def test_corrected_red_cells_are_right_after_the_loop_and_the_others_stay_known(tmp_path, seed):
    data = part_of_red_cells(tmp_path / "cells")
    project = Project.for_data([data], tmp_path / "project")
    truth = {sample.key: sample.target for sample in project.dataset}
    train = [sample.key for sample in project.dataset if sample.split == "train"]
    pool = [str(key) for key in np.random.default_rng(seed).permutation(train)[: len(train) // 2]]
    for key in pool:
        project.set_target(key, None)
    run, where = tmp_path / "run", (str(project.folder),)
    done(
        TrainJob(
            task="image-classification",
            data=where,
            model="mobilenet-v2",
            out=str(run),
            task_options={"size": 96},
            fit_options={"check_leaks": False, "seed": seed},
            freeze=("features",),
            weights=str(WEIGHTS),
        )
    )
    done(PredictJob(run_folder=str(run), inputs=where, out=str(tmp_path / "said"), keys=tuple(pool)))
    wrong = [said.key for said in read_predictions(tmp_path / "said") if said.label != truth[said.key]][:6]
    assert len(wrong) == 6
    for key in wrong:
        project.set_target(key, truth[key])
    project.close()
    found = done(RetrainJob(run_folder=str(run), data=where, out=str(tmp_path / "new"), only=tuple(wrong)))
    seconds = json.loads((tmp_path / "new" / "metrics.json").read_text())["seconds"]
    tested = [
        done(EvaluateJob(run_folder=str(folder), data=where, out=str(tmp_path / name), split="test"))["accuracy"]
        for name, folder in (("before", run), ("after", tmp_path / "new"))
    ]
    before, after = found["before"]["accuracy"], found["validation"]["accuracy"]
    print(
        f"\n{found['epochs']} epochs, {seconds:.0f} s: right on {found['corrected']['accuracy']:.2f} of the corrected, "
        f"validation {before:.3f} to {after:.3f}, test {tested[0]:.3f} to {tested[1]:.3f}"
    )
    assert found["corrected"]["accuracy"] >= 5 / 6
    assert after >= before - 0.08  # 72 samples, on which the run's best epoch was chosen
    assert tested[1] >= tested[0] - 0.02
