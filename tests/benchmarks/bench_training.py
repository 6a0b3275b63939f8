"""Samples a second of a training through the warm child, and while a volume is scrolled, over a bare PyTorch loop.

``.venv/bin/python tests/benchmarks training [--quick]``
"""

import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import made_up
from driven_window import DrivenWindow
from measuring import REPEATS, Row, asked, interleaved, need_display, ratio, show
from throughput import BareLoop, StepClock, through_child

from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.runners import Child

#: A pace at which a person looks through slices, milliseconds a slice.
READING_PACE = 100


def measured(kinds: dict[str, TrainJob], folder: Path, seconds: float, repeats: int) -> dict[str, list[float]]:
    """Return samples a second of all conditions, measured in turn."""
    bare, child, driven = BareLoop(), Child(), DrivenWindow(folder, made_up.volume(folder / "volume"))
    child.wait_warm()

    def while_scrolling(job: TrainJob, pause: int) -> float:
        clock = StepClock(job.fit_options["batch_size"], seconds)
        assert driven.window.work is not None
        plots = driven.window.work.plots
        plots.begin_run(job.out, "run")
        handle = driven.jobs.submit(job)
        handle.events_arrived.connect(plots.take)
        handle.events_arrived.connect(clock.take)
        driven.scroll(lambda: clock.done or handle.ended, pause)
        found = clock.rate
        handle.stop()
        driven.wait(lambda: driven.jobs.current is None)
        shutil.rmtree(job.out)
        return found

    conditions: dict[str, Callable[[], float]] = {}
    for name, job in kinds.items():
        conditions |= {
            f"{name}: bare loop": lambda job=job: bare.rate(job, seconds),  # type: ignore[misc]
            f"{name}: child": lambda job=job: through_child(child, job, seconds),  # type: ignore[misc]
            f"{name}: child, scrolling": lambda job=job: while_scrolling(job, 0),  # type: ignore[misc]
            f"{name}: child, scrolling 10/s": lambda job=job: while_scrolling(job, READING_PACE),  # type: ignore[misc]
        }
    found = interleaved(conditions, repeats)
    bare.close()
    child.close()
    driven.close()
    return found


def main() -> None:
    """Print the table."""
    quick = asked(__doc__)
    need_display()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images, letters = made_up.pictures(folder / "pictures"), made_up.sequences(folder / "letters.csv")
        segmentation, sequences = "semantic-segmentation", "sequence-classification"
        kinds = {
            "U-Net": made_up.training(segmentation, "unet", images, folder / "unet", 8, crop=96),
            "1-D CNN": made_up.training(sequences, "sequence-cnn", letters, folder / "cnn", 64),
        }
        found = measured(kinds, folder, 4.0 if quick else 15.0, 1 if quick else REPEATS)
    rows = []
    for kind in kinds:
        bare = found[f"{kind}: bare loop"]
        beside = f"bare loop {statistics.median(bare):.0f} samples/s"
        rows.append(Row(f"{kind}: bare loop", statistics.median(bare), "samples/s", ""))
        for how, aim in (("child", 0.95), ("child, scrolling", 0.80), ("child, scrolling 10/s", 0.80)):
            rows.append(Row(f"{kind}: {how} / bare loop", ratio(found[f"{kind}: {how}"], bare), "", beside, aim))
    show("Training", rows)


if __name__ == "__main__":
    main()
