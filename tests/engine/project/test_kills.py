"""``kill -9`` at random moments of a session: every project opens, and no acknowledged stroke is lost."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import tifffile
from PIL import Image

from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.checking import check
from tests.engine.project.session_script import SHAPE, stroke

SCRIPT = Path(__file__).with_name("session_script.py")


@pytest.fixture
def data(tmp_path):
    for number in range(3):
        for room, pixels in (("images", np.full(SHAPE, 9 * number, np.uint8)), ("labels", np.zeros(SHAPE, np.uint8))):
            path = tmp_path / "data" / room / f"cell_{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return tmp_path / "data"


def expected(count):
    masks = [np.zeros(SHAPE, np.uint8) for _ in range(3)]
    for number in range(count):
        sample, where, value = stroke(number)
        if (masks[sample][where] == value).all():
            value = 4 + number % 200
        masks[sample][where] = value
    return masks


def killed(folder, data, seconds, *words):
    """Run the session, kill it so long after it is ready; return how many strokes it had acknowledged."""
    root = str(Path(__file__).parents[3])
    session = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(data), *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
    )
    told: list[str] = []
    reader = Thread(target=lambda: told.extend(session.stdout))
    reader.start()
    limit = time.monotonic() + 120
    while not any(word.startswith("ready") for word in told):
        assert session.poll() is None, told
        assert time.monotonic() < limit, told
        time.sleep(0.005)
    time.sleep(seconds)
    session.kill()
    session.wait()
    reader.join()
    numbers = [int(word.split()[1]) for word in told if word.startswith(("painted", "ready")) and word.endswith("\n")]
    return max(numbers), [Path(word.split(" ", 1)[1].strip()) for word in told if word.startswith("exported")]


def judge(folder, acknowledged, exports):
    """Open what a kill has left; return how many strokes it holds."""
    assert check(folder).faults == ()
    project = Project.open(folder)
    try:
        assert project.holder is None
        count = len(project.history[0])
        assert count >= acknowledged
        for sample, mask in zip(project.dataset, expected(count), strict=True):
            assert np.array_equal(sample.mask.read(), mask)
    finally:
        project.close()
    for path in {*exports, *(folder.parent / "exports").glob("[!.]*.tif")}:
        assert tifffile.imread(path).shape == SHAPE
    for run in (folder.parent / "trained").glob("*"):
        weights = run / "model.safetensors"
        if weights.exists():
            from safetensors.numpy import load_file

            assert load_file(weights)
    return count


def run_kills(tmp_path, data, kills, seed, *words):
    chance, folder, counts = random.Random(seed), tmp_path / "project", []
    for _ in range(kills):
        acknowledged, exports = killed(folder, data, chance.random() * 0.9, *words)
        counts.append(judge(folder, acknowledged, exports))
    print(f"\n{kills} kills, {counts[-1]} strokes, none that was acknowledged lost")
    assert counts == sorted(counts)
    assert counts[-1] > kills


def test_twenty_kills_lose_no_acknowledged_stroke(tmp_path, data):
    run_kills(tmp_path, data, 20, seed=1)


@pytest.mark.slow
def test_two_hundred_kills_of_a_session_that_also_trains(tmp_path, data):
    run_kills(tmp_path, data, 200, 2, "train")
