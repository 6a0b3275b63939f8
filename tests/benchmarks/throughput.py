"""Samples a second of the same training: as a bare PyTorch loop, and through the warm child."""

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import psutil
from bare_loop import WARM_UP

from biofm_desktop.engine.events import Event, Failed, StepDone
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.runners import Child

#: Shorter than the phases of about a second in which a machine that others use too is faster or slower by half, and
#: drawn by chance: turns of 0.15 s each seemed to keep step with those phases for a whole measurement.
TURN_SECONDS = (0.05, 0.25)


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


class OwnTime:
    """Samples of a training by the time that it was allowed to run; ``one_core`` binds it on Linux and Windows."""

    def __init__(self, process: psutil.Process, *, one_core: bool) -> None:
        if one_core and hasattr(process, "cpu_affinity"):
            process.cpu_affinity([0])  # neighbours on the host slow one core and not the other
        self._process, self._ran, self._since = process, 0.0, time.perf_counter()
        self._running, self._steps, self.marks = True, 0, list[tuple[float, int]]()

    def now(self) -> float:
        """Return how long it has run."""
        return self._ran + (time.perf_counter() - self._since if self._running else 0.0)

    def learnt(self, samples: int) -> None:
        """Note samples that were just learnt; the first few steps do not count."""
        self._steps += 1
        if self._steps >= WARM_UP:
            self.marks.append((self.now(), samples))

    def hold(self) -> None:
        """Suspend it."""
        self._ran, self._running = self.now(), False
        self._process.suspend()

    def let(self) -> None:
        """Let it run."""
        self._since, self._running = time.perf_counter(), True
        self._process.resume()

    @property
    def rate(self) -> float:
        """Return samples a second of its own time."""
        return sum(samples for _, samples in self.marks[1:]) / (self.marks[-1][0] - self.marks[0][0])


def in_turns(child: Child, job: TrainJob, seconds: float) -> tuple[float, float]:
    """Train both at once, each suspended while the other runs, in short turns; return the rates, the bare one first."""
    words = [sys.executable, str(Path(__file__).with_name("bare_loop.py"))]
    bare = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert bare.stdin is not None
    bare.stdin.write(f"0 {json.dumps(job.to_json())}\n")
    bare.stdin.flush()
    batch, run = job.fit_options["batch_size"], child.run(job)
    assert child._process is not None
    one_core = job.fit_options["device"] == "cpu"  # beside a GPU the next batch is made ready in a thread
    ours = OwnTime(psutil.Process(child._process.popen.pid), one_core=one_core)
    theirs = OwnTime(psutil.Process(bare.pid), one_core=one_core)
    failed: list[str] = []

    def read_bare() -> None:
        assert bare.stdout is not None
        for line in bare.stdout:
            theirs.learnt(int(line))

    def read_child() -> None:
        for event in run:
            if isinstance(event, Failed):
                failed.append(event.detail or event.message)
            if isinstance(event, StepDone):
                ours.learnt(batch)

    def check() -> None:
        if failed or bare.poll() is not None:
            bare.kill()
            raise RuntimeError("".join(failed) or "the bare loop broke off")

    readers = [Thread(target=read, daemon=True) for read in (read_bare, read_child)]
    for reader in readers:
        reader.start()
    while not (ours.marks and theirs.marks):
        check()
        time.sleep(0.05)
    for side in (ours, theirs):
        side.hold()
        side.marks.clear()
    chance = random.Random(0)
    while min(ours.now(), theirs.now()) < seconds or min(len(ours.marks), len(theirs.marks)) < 2:
        for side in chance.sample((theirs, ours), 2):
            side.let()
            time.sleep(chance.uniform(*TURN_SECONDS))
            side.hold()
        check()
    found = theirs.rate, ours.rate
    ours.let()
    run.stop()
    bare.kill()
    for reader in readers:
        reader.join()
    shutil.rmtree(job.out)
    return found


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
