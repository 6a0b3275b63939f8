"""Time and memory of a training before it begins."""

import numpy as np
import pytest
from PIL import Image

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.jobs import DescribeJob, EstimateJob, job_from_json
from biofm_desktop.engine.runners import HereRun


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("cells"), np.random.default_rng(0)
    for name in ("dark", "light"):
        (folder / name).mkdir()
        for number in range(12):
            Image.fromarray(chance.integers(0, 255, (28, 28, 3), dtype=np.uint8)).save(folder / name / f"{number}.png")
    return folder


def estimate(cells, **more):
    job = EstimateJob(task="image-classification", data=(str(cells),), model="biomed-cnn", **more)
    assert job_from_json(job.to_json()) == job
    return list(HereRun(job))[-1]


def test_it_tells_seconds_bytes_and_that_it_fits(cells):
    told = estimate(cells, fit_options={"batch_size": 4, "device": "cpu"})
    assert isinstance(told, Finished)
    assert told.result["fits"]
    assert told.result["seconds"] > 0
    assert 100e6 < told.result["memory"] < told.result["free"]  # 3.3 million weights and their moments
    assert "an epoch. It fits" in told.message


def test_a_frozen_trunk_makes_the_first_epochs_longer_than_the_rest(cells):
    told = estimate(cells, freeze=("conv*", "fc1"), fit_options={"device": "cpu", "views": 2})
    assert "each of the first 2 epochs, then" in told.message
    assert told.result["first"] > told.result["seconds"]


def test_what_does_not_fit_is_said_and_not_tried(cells, monkeypatch):
    monkeypatch.setattr("biofm_desktop.engine.jobs.estimate.free_memory", lambda _: 1000)
    told = estimate(cells, fit_options={"device": "cpu"})
    assert "does not fit" in told.message
    assert "seconds" not in told.result


def test_what_a_describe_job_told_serves_instead_of_the_data(cells):
    task, model = "image-classification", "biomed-cnn"
    found = list(HereRun(DescribeJob(task=task, model=model, data=(str(cells),))))[-1].result
    assert found["draws"] == 24
    told = list(
        HereRun(
            EstimateJob(
                task=task,
                model=model,
                data=("/nowhere",),
                inputs=found["inputs"],
                outputs=found["outputs"],
                draws=found["draws"],
                fit_options={"adapter": "lora", "device": "cpu"},
            )
        )
    )[-1]
    assert isinstance(told, Finished)
    assert told.result["fits"]


def test_a_pattern_that_means_nothing_is_refused(cells):
    told = estimate(cells, freeze=("no-such-layer",))
    assert isinstance(told, Failed)
    assert "means no layer" in told.message
