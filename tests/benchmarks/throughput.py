"""Samples a second of the same training: as a bare PyTorch loop, and through the warm child."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bare_loop import WARM_UP

from biofm_desktop.engine.events import Event, Failed, StepDone
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.runners import Child


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
