"""Correct, retrain, next on real red cells; and that proposals beat chance. Minutes; ``pytest -m slow``."""

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


def one_round(folder, seed):
    """Train on half of the training cells, correct six of the model's errors on the other half, and retrain."""
    data = part_of_red_cells(folder / "cells")
    project = Project.for_data([data], folder / "project")
    truth = {sample.key: sample.target for sample in project.dataset}
    train = [sample.key for sample in project.dataset if sample.split == "train"]
    pool = [str(key) for key in np.random.default_rng(seed).permutation(train)[: len(train) // 2]]
    for key in pool:
        project.set_target(key, None)
    run, new, where = folder / "run", folder / "new", (str(project.folder),)
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
    done(PredictJob(run_folder=str(run), inputs=where, out=str(folder / "said"), keys=tuple(pool)))
    wrong = [said.key for said in read_predictions(folder / "said") if said.label != truth[said.key]][:6]
    for key in wrong:
        project.set_target(key, truth[key])
    project.close()
    found = done(RetrainJob(run_folder=str(run), data=where, out=str(new), only=tuple(wrong), seed=seed))
    before, after = (
        done(EvaluateJob(run_folder=str(each), data=where, out=str(folder / f"of_{each.name}"), split="test"))
        for each in (run, new)
    )
    validation = found["validation"]["accuracy"] - found["before"]["accuracy"]
    test = after["accuracy"] - before["accuracy"]
    print(f"\nseed {seed}: {found['epochs']} epochs, {found['seconds']:.0f} s, of the corrected right", end=" ")
    print(
        f"{found['corrected']['accuracy']:.2f}, validation {validation:+.3f}, test {before['accuracy']:.3f} {test:+.3f}"
    )
    return found["corrected"]["accuracy"], validation, test


def test_corrected_red_cells_are_right_after_the_loop_and_the_others_stay_known(tmp_path):
    """The run's best epoch was chosen on the validation samples, so these fall a little whatever comes next."""
    corrected, validation, test = np.mean([one_round(tmp_path / str(seed), seed) for seed in range(3)], axis=0)
    assert corrected >= 0.9
    assert validation >= -0.06
    assert test >= -0.03


def test_proposals_beat_chance_on_red_cells_at_the_same_number_of_labels(tmp_path, monkeypatch):
    """Mean of five seeds, over all label counts after the first, which both share; see `bench_active`."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    import bench_active

    bench = bench_active.red_cells(tmp_path / "cells")
    found = bench_active.figures(bench, (bench_active.RANDOM, "clusters"), 5, "macro_f1")
    bench_active.show(bench, found, "macro_f1")
    chance, proposed = (found[way][:, 1:].mean(1) for way in (bench_active.RANDOM, "clusters"))
    assert proposed.mean() > chance.mean() + 0.005
    assert (proposed > chance).sum() >= 4
