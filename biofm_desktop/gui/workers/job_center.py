"""Where jobs are handed in: one at a time runs in the warm child, the others wait their turn."""

from __future__ import annotations

import time
from collections import deque
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Signal, Slot

from biofm_desktop.engine.events import EpochDone, Event, Failed, Finished, Measured, Progress, Started, StepDone
from biofm_desktop.engine.jobs.base import Job
from biofm_desktop.engine.runners.base import Run

from .run_worker import RunWorker

ENDED = ("done", "stopped", "failed")


class Runner(Protocol):
    """What runs jobs: the warm child, or a stand-in of a test."""

    def start(self) -> None: ...

    def run(self, job: Job) -> Run: ...

    def close(self) -> None: ...


class JobHandle(QObject):
    """One job that was handed in: what it is, how far it is, and the ways to end it.

    ``state`` is ``waiting``, ``running``, ``paused``, ``stopping``, ``done``, ``stopped`` or ``failed``. ``share`` is
    how much is done, from 0 to 1 (None: not known). ``finished`` gives the last event, `Finished` or `Failed`.
    """

    event_arrived = Signal(object)
    events_arrived = Signal(object)
    state_changed = Signal(str)
    finished = Signal(object)

    def __init__(self, job: Job, title: str, *, quiet: bool, center: JobCenter) -> None:
        super().__init__(center)
        self.job, self.title, self.quiet = job, title, quiet
        self.state, self.message = "waiting", "Waiting"
        self.share: float | None = None
        self.events: list[Event] = []
        self.last: Finished | Failed | None = None
        self.began = 0.0
        self._steps, self._center = 0, center
        self._worker: RunWorker | None = None

    @property
    def ended(self) -> bool:
        """Say whether it is over."""
        return self.state in ENDED

    def pause(self) -> None:
        """Let it wait where it stands."""
        if self._worker is not None and self.state == "running":
            self._worker.pause()
            self._become("paused")

    def resume(self) -> None:
        """Let it go on."""
        if self._worker is not None and self.state == "paused":
            self._worker.resume()
            self._become("running")

    def stop(self) -> None:
        """End it once what was learnt is saved; one that has not begun is dropped."""
        if self._worker is None:
            self._center.drop(self)
        elif not self.ended:
            self._worker.stop_run()
            self._become("stopping")

    def kill(self) -> None:
        """End it at once, without saving."""
        if self._worker is None:
            self._center.drop(self)
        elif not self.ended:
            self._worker.kill()
            self._become("stopping")

    def attach(self, worker: RunWorker) -> None:
        """Take what the worker tells; the job begins."""
        self._worker, self.began = worker, time.monotonic()
        worker.events_arrived.connect(self.take)
        self._become("running")

    @Slot(object)
    def take(self, events: list[Event]) -> None:
        """Note a batch of events and pass it on."""
        for event in events:
            self._note(event)
        # Not the steps: a long training has millions, and its folder keeps them.
        self.events += [event for event in events if not isinstance(event, (StepDone, Measured))]
        self.events_arrived.emit(events)
        for event in events:
            self.event_arrived.emit(event)
        if self.last is not None and not self.ended:
            self._become("failed" if isinstance(self.last, Failed) else "stopped" if self.last.stopped else "done")
            self.finished.emit(self.last)

    def _note(self, event: Event) -> None:
        match event:
            case Started(steps=steps):
                self._steps = steps
            case Progress(done=done, total=total, message=message):
                self.share = done / total if total else None
                self.message = message or self.message
            case StepDone(step=step, epoch=epoch, loss=loss):
                self.share = min(1.0, step / self._steps) if self._steps else None
                self.message = f"Epoch {epoch}, step {step}, loss {loss:.4g}"
            case EpochDone(epoch=epoch, validation_loss=loss):
                self.message = f"Epoch {epoch} done" + ("" if loss is None else f", validation loss {loss:.4g}")
            case Failed() | Finished():
                self.last, self.message = event, event.message
                self.share = 1.0 if isinstance(event, Finished) and not event.stopped else self.share

    def _become(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)


class JobCenter(QObject):
    """Owns the warm child and the queue. ``runner`` stands in for the child in tests."""

    job_added = Signal(object)
    busy_changed = Signal(bool)
    message = Signal(str)

    def __init__(self, runner: Runner | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner, self._closed = runner, False
        self._queue: deque[JobHandle] = deque()
        self._worker: RunWorker | None = None
        self.current: JobHandle | None = None
        self.jobs: list[JobHandle] = []

    @property
    def busy(self) -> bool:
        """Say whether a job that the user asked for runs or waits."""
        handles = [*self._queue, *([self.current] if self.current else [])]
        return any(not handle.quiet for handle in handles)

    def warm_up(self) -> None:
        """Start the child so that it has its libraries ready; to be called once the window shows."""
        if not self._closed:
            self._made_runner().start()

    def submit(self, job: Job, *, title: str = "", quiet: bool = False) -> JobHandle:
        """Hand in a job; it runs when its turn comes. ``quiet`` jobs are short, go first and are not listed."""
        handle = JobHandle(job, title or job.title, quiet=quiet, center=self)
        if quiet:
            self._queue.appendleft(handle)
        else:
            self._queue.append(handle)
            self.jobs.append(handle)
            self.job_added.emit(handle)
        if self._closed:
            self.drop(handle)
        self._begin_next()
        self.busy_changed.emit(self.busy)
        return handle

    def drop(self, handle: JobHandle) -> None:
        """Take a job that has not begun out of the queue."""
        if handle in self._queue:
            self._queue.remove(handle)
            handle.take([Finished("It was not started.", stopped=True)])
            self.busy_changed.emit(self.busy)

    def close(self, save: bool = True, *, seconds: float = 8.0) -> None:
        """End everything and wait for it: the running job saves what it learnt (``save``), or is killed at once.

        One that has not ended in time is killed.
        """
        self._closed = True
        for waiting in list(self._queue):
            self.drop(waiting)
        if self.current is not None:
            self.current.stop() if save else self.current.kill()
            if not self._wait(seconds) and self.current is not None:
                self.current.kill()
                self._wait(2.0)
        if self._runner is not None:
            self._runner.close()

    def _wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.current is not None and time.monotonic() < until:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 20)
            if self._worker is not None:
                self._worker.wait(10)
        return self.current is None

    def _made_runner(self) -> Runner:
        if self._runner is None:
            from biofm_desktop.engine.runners.child import Child

            self._runner = Child()
        return self._runner

    @Slot()
    def _begin_next(self) -> None:
        if self.current is not None or not self._queue:
            return
        handle, runner = self._queue.popleft(), self._made_runner()
        self.current = handle
        self._worker = RunWorker(lambda: runner.run(handle.job), self)
        self._worker.ended.connect(self._end_current)
        handle.attach(self._worker)
        self._worker.start()

    @Slot()
    def _end_current(self) -> None:
        if self._worker is not None:
            self._worker.deleteLater()
        self.current = self._worker = None
        self.busy_changed.emit(self.busy)
        self._begin_next()
