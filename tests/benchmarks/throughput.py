"""Samples a second of the same training: as a bare PyTorch loop, and through the warm child."""

import json
import os
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

#: How long each stays on its core before both change places: shorter than the phases of about a second in which a core
#: of a machine that others use too is faster or slower by half, and drawn by chance so as not to keep step with them.
SWAP_SECONDS = (0.05, 0.25)


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


class Side:
    """One of two trainings that run at once: how far it got, and when."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._steps, self.marks = process, 0, list[tuple[float, int]]()

    def learnt(self, samples: int) -> None:
        """Note samples that were just learnt; the first few steps do not count."""
        self._steps += 1
        if self._steps >= WARM_UP:
            self.marks.append((time.perf_counter(), samples))

    def to_core(self, core: int) -> None:
        """Compute on this core from now on."""
        self._process.cpu_affinity([core])

    @property
    def rate(self) -> float:
        """Return samples a second between the first and the last mark."""
        return sum(samples for _, samples in self.marks[1:]) / (self.marks[-1][0] - self.marks[0][0])


def at_once(child: Child, job: TrainJob, seconds: float) -> tuple[float, float]:
    """Train both at once and return the rates, the bare one first.

    On a CPU each has a core of its own, and both change places every so often. Nothing is suspended: the clock by
    which the child writes its checkpoints would run on.
    """
    words = [sys.executable, str(Path(__file__).with_name("bare_loop.py"))]
    bare = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert bare.stdin is not None
    bare.stdin.write(f"0 {json.dumps(job.to_json())}\n")
    bare.stdin.flush()
    batch, run = job.fit_options["batch_size"], child.run(job)
    assert child._process is not None
    ours, theirs = Side(psutil.Process(child._process.popen.pid)), Side(psutil.Process(bare.pid))
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

    readers = [Thread(target=read, daemon=True) for read in (read_bare, read_child)]
    for reader in readers:
        reader.start()
    cores = sorted(os.sched_getaffinity(0))[:2] if hasattr(os, "sched_getaffinity") else []
    swapped = job.fit_options["device"] == "cpu" and len(cores) == 2
    chance, until = random.Random(0), 0.0
    while not until or time.perf_counter() < until or min(len(ours.marks), len(theirs.marks)) < 2:
        if failed or bare.poll() is not None:
            bare.kill()
            raise RuntimeError("".join(failed) or "the bare loop broke off")
        if swapped:
            for side, core in zip((ours, theirs), cores):
                side.to_core(core)
            cores.reverse()
        time.sleep(chance.uniform(*SWAP_SECONDS))
        if not until and ours.marks and theirs.marks:  # both have warmed up: count from here
            ours.marks.clear()
            theirs.marks.clear()
            until = time.perf_counter() + seconds
    found = theirs.rate, ours.rate
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
