"""VGG16 with a frozen trunk on the red cells: seconds of the later epochs over the first, and the same without a cache.

``.venv/bin/python tests/benchmarks cache [--quick]``; needs ``../shared/data``. With one view of each sample (``--views
1``) the frozen part sees it once. Without the cache the same network, seed and order of samples go through the whole of
it in every epoch: their figures must be the same.
"""

import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from measuring import Row, asked, show

from biofm_desktop.engine.events import EpochDone, StepDone
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.training import feed

CELLS = Path(__file__).parents[3] / "shared" / "data" / "classify" / "chula_rbc12" / "crops.zip"
EPOCHS = 4


def trained(data: Path, out: Path, epochs: int, labels: float) -> tuple[list[float], list[EpochDone]]:
    """Return the seconds of each epoch, its validation included, and what it told."""
    fit = {"epochs": epochs, "seed": 0, "views": 1, "batch_size": 32, "check_leaks": False, "labels_per_class": labels}
    job = TrainJob(
        task="image-classification",
        data=(str(data),),
        model="vgg16",
        out=str(out),
        task_options={"size": 64, "flips": "none", "shift": 0.0, "jitter": 0.0},
        fit_options=fit,
        train_only=("classifier.6",),
    )
    seconds, told, began = list[float](), list[EpochDone](), 0.0
    for event in job.run():
        if isinstance(event, StepDone) and event.step == 1:
            began = began or time.perf_counter()
        if isinstance(event, EpochDone):
            now = time.perf_counter()
            seconds.append(now - began)
            told.append(event)
            began = now
            print(f"  epoch {event.epoch}: {seconds[-1]:.1f} s, {event.metrics['accuracy']:.4f}", flush=True)
    return seconds, told


def main() -> None:
    """Print the table."""
    quick = asked(__doc__)
    if not CELLS.is_file():
        sys.exit("bench_cache: the shared data are not here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(CELLS) as archive:
            archive.extractall(folder / "cells")
        labels = 5.0 if quick else 0.0
        cached, with_cache = trained(folder / "cells", folder / "cached", EPOCHS, labels)
        kept = feed.frozen_trunk
        feed.frozen_trunk = lambda *_: None  # every epoch goes through the whole network
        plain, without = trained(folder / "cells", folder / "plain", 2, labels)
        feed.frozen_trunk = kept
    later = statistics.median(cached[1:])
    apart = max(abs(a.metrics["accuracy"] - b.metrics["accuracy"]) for a, b in zip(with_cache, without))
    rows = [
        Row("first epoch / later epochs", cached[0] / later, "times", f"first {cached[0]:.1f} s", 10.0),
        Row("epoch without cache / later epochs", plain[1] / later, "times", f"without {plain[1]:.1f} s"),
        Row("accuracy apart from the uncached", apart, "", "epochs 1 and 2", 0.005, "at most"),
    ]
    show("Frozen trunk of VGG16", rows)


if __name__ == "__main__":
    main()
