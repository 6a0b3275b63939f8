"""Made-up data and jobs for the benchmarks; what is learnt does not matter, what it costs does."""

from pathlib import Path

import nibabel
import numpy as np
from PIL import Image

from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.runners import thread_count

#: As the window sets them: one core is its own.
THREADS = max(1, thread_count() - 1)
ENDLESS = 10_000


def volume(folder: Path, shape: tuple[int, int, int] = (256, 256, 96)) -> Path:
    """Write a CT-like volume (int16, the last axis is scrolled) with a painted ball; return the data folder."""
    grid = np.meshgrid(*(np.linspace(-1, 1, size, dtype=np.float32) for size in shape), indexing="ij", sparse=True)
    distance = np.sqrt(sum(axis**2 for axis in grid))
    noise = np.random.default_rng(0).normal(0, 40, shape)
    values = (noise + np.where(distance < 0.5, 60, np.where(distance < 0.9, -80, -1000))).astype(np.int16)
    for name, array in (("images", values), ("labels", (distance < 0.5).astype(np.uint8))):
        (folder / name).mkdir(parents=True, exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), folder / name / "ct.nii.gz")
    return folder


def picture(path: Path, side: int = 1024) -> Path:
    """Write a colour PNG; return its path."""
    across = np.linspace(0, 12, side)
    waves = np.stack([np.sin(across[:, None] * f) * np.cos(across[None] * f) for f in (1.0, 1.7, 2.3)], -1)
    noise = np.random.default_rng(0).normal(0, 8, waves.shape)
    Image.fromarray(np.clip(128 + 90 * waves + noise, 0, 255).astype(np.uint8)).save(path)
    return path


def pictures(folder: Path, count: int = 48, side: int = 160) -> Path:
    """Write noisy pictures with a painted square each; return the data folder."""
    random = np.random.default_rng(0)
    for number in range(count):
        pixels, mask = random.integers(0, 90, (side, side), np.uint8), np.zeros((side, side), np.uint8)
        top, left = random.integers(0, side - 60, 2)
        mask[top : top + 60, left : left + 60] = 1
        for name, array in (("images", pixels + 120 * mask), ("labels", mask)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(folder / name / f"{number:03}.png")
    return folder


def classes(folder: Path, count: int = 256, side: int = 64) -> Path:
    """Write class folders of noisy pictures in colour, dark and light; return the data folder."""
    random = np.random.default_rng(0)
    for name, level in (("dark", 70), ("light", 170)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = np.clip(random.normal(level, 40, (side, side, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{name}{number:03}.png")
    return folder


def sequences(path: Path, count: int = 1920, letters: int = 250) -> Path:
    """Write a table of random DNA sequences of two classes; return its path."""
    random = np.random.default_rng(0)
    words = ("".join(row) for row in np.array(list("ACGT"))[random.integers(0, 4, (count, letters))])
    path.write_text("sequence,label\n" + "".join(f"{word},{'ab'[n % 2]}\n" for n, word in enumerate(words)))
    return path


def training(task: str, model: str, data: Path, out: Path, batch: int, **options: int) -> TrainJob:
    """Return a job that trains until it is stopped, without validation, with the window's number of threads."""
    fit = {"epochs": ENDLESS, "batch_size": batch, "learning_rate": 1e-3, "validation": 0.0, "threads": THREADS}
    return TrainJob(
        task=task,
        data=(str(data),),
        model=model,
        out=str(out),
        task_options=dict(options),
        fit_options={**fit, "seed": 3},
    )
