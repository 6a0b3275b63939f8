"""A training from the window (the child) and from the command line (here): one story, one set of weights."""

import numpy as np
from PIL import Image

from biofm_desktop.engine.events import EpochDone, Finished, Measured, Progress, StepDone
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.runners import Child, HereRun


def test_the_same_training_gives_equal_events_and_equal_weights(tmp_path):
    chance = np.random.default_rng(0)
    for label, level in (("bright", 180), ("dark", 60)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(10):
            pixels = chance.integers(level - 50, level + 50, (28, 28), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / label / f"{number}.png")
    out = tmp_path / "run"
    job = TrainJob(
        task="image-classification",
        data=(str(tmp_path / "data"),),
        model="biomed-cnn",
        out=str(out),
        fit_options={"epochs": 2, "batch_size": 4, "device": "cpu", "seed": 5},
        freeze=("conv1",),
    )
    child = Child(cold=True)
    try:
        there = list(child.run(job))
    finally:
        child.close()
    there_weights = (out / "model.safetensors").read_bytes()
    out.rename(tmp_path / "first")
    here = list(HereRun(job))
    # How often progress is told, and what a step costs, depends on the clock.
    told = [[e for e in events if not isinstance(e, (Progress, Measured))] for events in (there, here)]
    assert told[0] == told[1]
    assert {StepDone, EpochDone, Finished} <= {type(event) for event in here}
    assert (out / "model.safetensors").read_bytes() == there_weights
