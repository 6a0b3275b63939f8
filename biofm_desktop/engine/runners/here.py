"""Runs a job in this process: the command line, tests, and the inside of the child."""

import os
import sys
import threading
import traceback
from collections.abc import Generator, Iterator

from biofm_desktop.engine.events import EpochDone, Event, Failed, Finished, StepDone, from_line, to_line
from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.jobs.base import Job
from biofm_desktop.engine.ranks import local_size

from .allocator import keep_freed_memory


class Killed(BaseException):
    """Thrown into a job that must end at once; a job saves on GeneratorExit, not on this."""


class HereRun:
    """A job under way in the thread that iterates over it; see `Run` for what the methods mean."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._going, self._stopped, self._killed = threading.Event(), threading.Event(), threading.Event()
        self._going.set()

    def pause(self) -> None:
        """Ask the job for nothing more until `resume`."""
        if not self._stopped.is_set():
            self._going.clear()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._going.set()

    def stop(self) -> None:
        """End the job after its present step; it saves what it learnt."""
        self._stopped.set()
        self._going.set()

    def kill(self) -> None:
        """End the job after its present step without saving."""
        self._killed.set()
        self.stop()

    def __iter__(self) -> Iterator[Event]:
        use_threads()
        keep_freed_memory()
        under_way, ended = False, False
        try:
            steps = self.job.run()
            for told in self._controlled(steps):
                event = from_line(to_line(told))  # as it arrives through the child's pipe: tuples are lists there
                under_way = under_way or isinstance(event, (StepDone, EpochDone))
                ended = isinstance(event, (Finished, Failed))
                yield event
        except Killed:
            yield Failed(f"{self.job.title}: ended at once, as you asked. What was saved before stands")
        except Exception as error:  # noqa: BLE001 - whatever a job raises becomes its last event
            yield failure(self.job.title, error, under_way=under_way)
        else:
            if not ended:
                yield Finished(f"{self.job.title}: stopped", stopped=True)

    def _controlled(self, steps: Iterator[Event]) -> Iterator[Event]:
        """Give the job's events, waiting while paused; close the job when it is to stop."""
        try:
            while True:
                self._going.wait()
                if self._killed.is_set() and isinstance(steps, Generator):
                    steps.throw(Killed())
                if self._stopped.is_set():
                    return
                event = next(steps, None)
                if event is None:
                    if not self._stopped.is_set():
                        raise RuntimeError("the job ended without saying so")
                    return
                yield event
                if isinstance(event, (Finished, Failed)):
                    return
        finally:
            if isinstance(steps, Generator):
                steps.close()


def failure(title: str, error: Exception, *, under_way: bool = False) -> Failed:
    """Return the last event of a job that raised: one plain sentence, the library's words as details.

    ``under_way`` says that the input was taken already, so that it is not what was refused.
    """
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, Fault):
        if error.detail:
            detail = f"{error.detail}\n\n{detail}"
        return Failed(error.message, detail, refused=not (under_way or error.mishap))
    if isinstance(error, OSError) and error.errno is not None:
        return Failed(system_fault(error.filename or title, error).message, detail)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return Failed(f"{title}: there is not enough memory. Take a smaller batch or image size.", detail)
    return Failed(
        f"{title}: the program made an error ({type(error).__name__}). Please report it with the details.", detail
    )


def thread_count() -> int:
    """Return how many threads jobs compute with where they do not say: all cores (or ``BIOFM_THREADS``).

    Processes that learn together on one computer share its cores.

    Sums of floats depend on it: the child and the command line must use the same number to learn equal weights. The
    window names a number in the jobs that it starts, which leaves it a core.
    """
    stated = os.environ.get("BIOFM_THREADS", "")
    return int(stated) if stated.isdecimal() and int(stated) > 0 else max(1, _cores() // local_size())


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))  # a container or a batch system may lend fewer than the machine has
    return os.cpu_count() or 1


def use_threads() -> None:
    """Let torch compute with `thread_count` threads, whether it is imported already or not."""
    count = thread_count()
    if "torch" in sys.modules:
        import torch

        if torch.get_num_threads() != count:
            torch.set_num_threads(count)
    else:
        for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[variable] = str(count)
