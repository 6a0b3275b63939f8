"""A scripted session that a test kills: paints, saves, exports and (where asked for) trains, and says what it has done.

python session_script.py PROJECT DATA [train]
"""

import sys
from pathlib import Path

import numpy as np

from biofm_desktop.engine.project import Project

SHAPE = (64, 80)


def stroke(number: int) -> tuple[int, tuple[slice, slice], int]:
    """Return the sample, the box and the value of one stroke of the script."""
    random = np.random.default_rng(number)
    y, x = int(random.integers(0, SHAPE[0] - 6)), int(random.integers(0, SHAPE[1] - 6))
    return int(random.integers(0, 3)), (slice(y, y + 6), slice(x, x + 5)), int(random.integers(0, 4))


def say(word: str) -> None:
    """Acknowledge to the test."""
    print(word, flush=True)


def main() -> None:
    """Work until killed."""
    folder, data = Path(sys.argv[1]), Path(sys.argv[2])
    project = Project.for_data([data], folder)
    keys = [sample.key for sample in project.dataset]
    masks = {key: project.sample(key).mask.read().astype(np.uint8) for key in keys}
    number = len(project.history[0])
    say(f"ready {number}")
    while True:
        sample, where, value = stroke(number)
        mask = masks[keys[sample]]
        if (mask[where] == value).all():
            value = 4 + number % 200
        mask[where] = value
        project.set_mask(keys[sample], mask, where)
        number += 1
        say(f"painted {number}")
        if number % 70 == 0:
            project.save()
            say("saved")
        if number % 50 == 0:
            export(project, folder.parent / "exports" / f"{number:06d}.tif", keys[0])
        if number % 200 == 0:
            project.settle()
            if "train" in sys.argv:
                train(project, number)


def export(project: Project, path: Path, key: str) -> None:
    """Export the mask of a sample as a prediction of it would be."""
    from biofm_desktop.engine.files import write_with

    def write(aside: Path) -> None:
        from tifffile import imwrite

        imwrite(aside, project.sample(key).mask.read(), compression="zlib")

    write_with(path, write, room="export")
    project.note_export(path, format="tiff")
    say(f"exported {path}")


def train(project: Project, number: int) -> None:
    """Train for a moment."""
    from biofm_desktop.engine.jobs import TrainJob
    from biofm_desktop.engine.runners import HereRun

    job = TrainJob(
        task="semantic-segmentation",
        data=(str(project.folder),),
        model="unet",
        out=str(project.folder.parent / "trained" / str(number)),
        task_options={"crop": 32},
        fit_options={"epochs": 1, "batch_size": 2, "threads": 1},
    )
    for event in HereRun(job):
        say(type(event).__name__)


if __name__ == "__main__":
    main()
