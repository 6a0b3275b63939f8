"""Samples a second of a training through the warm child, and while a volume is scrolled, over a bare PyTorch loop.

``.venv/bin/python tests/benchmarks training [--quick]``
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import made_up
from bare_loop import WARM_UP
from driven_window import DrivenWindow
from measuring import REPEATS, Row, asked, interleaved, need_display, ratio, show

from biofm_desktop.engine.events import Event, Failed, StepDone
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.runners import Child

#: A pace at which a person looks through slices, milliseconds a slice.
READING_PACE = 100


class BareLoop:
    """bare_loop.py in a process of its own, torch imported once."""

    def __init__(self) -> None:
        words = [sys.executable, str(Path(__file__).with_name("bare_loop.py"))]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def rate(self, job: TrainJob, seconds: float) -> float:
        """Return samples a second."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seconds} {json.dumps(job.to_json())}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class StepClock:
    """Reads the rate from the events of a training as they arrive, the first few steps left out."""

    def __init__(self, batch: int, seconds: float) -> None:
        self._batch, self._seconds = batch, seconds
        self._first, self._began, self._last, self._now = 0, 0.0, 0, 0.0

    def take(self, events: Sequence[Event]) -> None:
        """Note events that arrive now."""
        for event in events:
            if isinstance(event, Failed):
                raise RuntimeError(event.detail or event.message)
            if isinstance(event, StepDone):
                self._last, self._now = event.step, time.perf_counter()
                if not self._first and event.step >= WARM_UP:
                    self._first, self._began = event.step, self._now

    @property
    def done(self) -> bool:
        """Say whether it has measured for long enough."""
        return bool(self._first) and self._now - self._began >= self._seconds

    @property
    def rate(self) -> float:
        """Return samples a second."""
        return (self._last - self._first) * self._batch / (self._now - self._began)


def through_child(child: Child, job: TrainJob, seconds: float) -> float:
    """Train in the child and return samples a second."""
    clock, run = StepClock(job.fit_options["batch_size"], seconds), child.run(job)
    stopped = False
    for event in run:
        clock.take([event])
        if clock.done and not stopped:
            run.stop()
            stopped, found = True, clock.rate
    shutil.rmtree(job.out)
    return found


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
