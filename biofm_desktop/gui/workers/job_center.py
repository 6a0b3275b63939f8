"""Where jobs are handed in: one at a time runs in the warm child, the others wait their turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Signal, Slot

from biofm_desktop.engine.events import EpochDone, Event, Failed, Finished, Measured, Progress, Started, StepDone
from biofm_desktop.engine.jobs.base import Job
from biofm_desktop.engine.runners.base import Run

from .run_worker import RunWorker

#: A handle keeps steps until it holds so many events.
MOST_STEPS = 20_000
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
    ``background`` says that it runs beside the window, which it outlives; ``kept`` that it waits for the next start.
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
        self.background = self.kept = False
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

    def leave(self) -> None:
        """Look no longer at a job in the background; it goes on."""
        if self.background and self._worker is not None and not self.ended:
            self.blockSignals(True)  # that it is no longer looked at is not its end
            self._worker.leave()

    def attach(self, worker: RunWorker, state: str = "running") -> None:
        """Take what the worker tells; the job begins, or stands so already."""
        self._worker, self.began = worker, time.monotonic()
        worker.events_arrived.connect(self.take)
        self._become(state)

    def show_state(self, state: str) -> None:
        """Tell how it stands now."""
        if state != self.state and not self.ended:
            self._become(state)

    @Slot(object)
    def take(self, events: list[Event]) -> None:
        """Note a batch of events and pass it on."""
        for event in events:
            self._note(event)
        # Not all steps: a long training has millions, and its folder keeps them.
        full = len(self.events) > MOST_STEPS
        self.events += [e for e in events if not full or not isinstance(e, (StepDone, Measured))]
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
    """Owns the warm child and the queue. ``runner`` stands in for the child in tests.

    ``waiting`` is the queue in its order; while it is ``held`` only quiet jobs begin. ``running`` are those that go on
    in the background beside it.
    """

    job_added = Signal(object)
    busy_changed = Signal(bool)
    queue_changed = Signal()
    closing = Signal()
    message = Signal(str)

    def __init__(self, runner: Runner | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner, self._closed = runner, False
        self._quiet: list[JobHandle] = []
        self._worker: RunWorker | None = None
        self._beside: dict[RunWorker, JobHandle] = {}
        self.current: JobHandle | None = None
        self.waiting: list[JobHandle] = []
        self.held = False
        self._let: JobHandle | None = None
        self.jobs: list[JobHandle] = []

    @property
    def busy(self) -> bool:
        """Say whether a job that the user asked for runs, or will as soon as another has ended."""
        return self.asked is not None or bool(self.waiting and not self.held)

    @property
    def asked(self) -> JobHandle | None:
        """Return the job under way that the user asked for; None while none is."""
        return self.current if self.current is not None and not self.current.quiet else None

    def warm_up(self) -> None:
        """Start the child so that it has its libraries ready; to be called once the window shows."""
        if not self._closed:
            self._made_runner().start()

    def submit(self, job: Job, *, title: str = "", quiet: bool = False) -> JobHandle:
        """Hand in a job; it runs when its turn comes. ``quiet`` jobs are short, go first and are not listed."""
        handle = JobHandle(job, title or job.title, quiet=quiet, center=self)
        if quiet:
            self._quiet.append(handle)
        else:
            self.waiting.append(handle)
            self.jobs.append(handle)
            self.job_added.emit(handle)
        if self._closed:
            self.drop(handle)
        self._begin_next()
        self._tell()
        return handle

    def follow(self, job: Job, title: str, start_run: Callable[[], Run], state: str, where: str = "") -> JobHandle:
        """Show a job that runs in the background, or elsewhere."""
        handle = JobHandle(job, title, quiet=False, center=self)
        handle.background, handle.state = True, state  # so, when it is shown first
        handle.message = where or "In a process of its own"
        worker = RunWorker(start_run, self)
        self._beside[worker] = handle
        self.jobs.append(handle)
        self.job_added.emit(handle)
        worker.ended.connect(lambda: self._end_beside(worker))
        handle.attach(worker, state)
        worker.start()
        return handle

    def note_ended(self, job: Job, title: str, last: Finished | Failed) -> JobHandle:
        """List a job that ended in the background while no window looked."""
        handle = JobHandle(job, title, quiet=False, center=self)
        handle.background = True
        handle.take([last])
        self.jobs.append(handle)
        self.job_added.emit(handle)
        return handle

    def move(self, handle: JobHandle, place: int) -> None:
        """Give a waiting job another place in the queue; 0 is the next to begin."""
        if handle in self.waiting:
            self.waiting.remove(handle)
            self.waiting.insert(max(0, place), handle)
            self.queue_changed.emit()

    def run_next(self, handle: JobHandle) -> None:
        """Begin a waiting job as soon as the one under way has ended, though the queue be held."""
        if handle in self.waiting:
            self._let = handle
            self.move(handle, 0)
            self._begin_next()
            self._tell()

    def hold(self, held: bool) -> None:
        """Begin no waiting job until it is let go again; what runs goes on."""
        self.held = held
        self._begin_next()
        self._tell()

    def drop(self, handle: JobHandle) -> None:
        """Take a job that has not begun out of the queue."""
        queue = self._quiet if handle.quiet else self.waiting
        if handle in queue:
            queue.remove(handle)
            handle.take([Finished("It was not started.", stopped=True)])
            self._tell()

    def forget(self, handle: JobHandle) -> None:
        """Let go of a job that has ended."""
        if handle.ended and handle in self.jobs:
            self.jobs.remove(handle)
            self.queue_changed.emit()

    def close(self, save: bool = True, *, seconds: float = 8.0) -> None:
        """End everything and wait for it: the running job saves what it learnt (``save``), or is killed at once.

        One that has not ended in time is killed. Jobs in the background go on.
        """
        if not self._closed:
            self.closing.emit()
        self._closed = True
        for handle in self._beside.values():
            handle.leave()
        for waiting in [*self._quiet, *self.waiting]:
            self.drop(waiting)
        if self.current is not None:
            self.current.stop() if save else self.current.kill()
            if not self.wait(seconds) and self.current is not None:
                self.current.kill()
                self.wait(2.0)
        self._wait_for_those_beside()
        if self._runner is not None:
            self._runner.close()

    def wait(self, seconds: float) -> bool:
        """Wait until the job under way has ended; say whether it has."""
        until = time.monotonic() + seconds
        while self.current is not None and time.monotonic() < until:
            _pass_time()
            if self._worker is not None:
                self._worker.wait(10)
        return self.current is None

    def _wait_for_those_beside(self) -> None:
        until = time.monotonic() + 5.0
        while self._beside and time.monotonic() < until:
            _pass_time()
        for worker in self._beside:
            worker.wait()

    def _made_runner(self) -> Runner:
        if self._runner is None:
            from biofm_desktop.engine.runners.child import Child

            self._runner = Child()
        return self._runner

    def _next(self) -> JobHandle | None:
        """Take the job that is to begin out of its queue; the latest quiet one is for what the user looks at now."""
        if self._quiet:
            return self._quiet.pop()
        if self.waiting and (not self.held or self.waiting[0] is self._let):
            return self.waiting.pop(0)
        return None

    @Slot()
    def _begin_next(self) -> None:
        handle = self._next() if self.current is None else None
        if handle is None:
            return
        runner = self._made_runner()
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
        self._begin_next()
        self._tell()

    def _end_beside(self, worker: RunWorker) -> None:
        self._beside.pop(worker, None)
        worker.deleteLater()
        self._tell()

    def _tell(self) -> None:
        if not self._closed:  # what shows the queue may be gone by then
            self.queue_changed.emit()
            self.busy_changed.emit(self.busy)


def _pass_time() -> None:
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 20)
