"""The queue and the background: what the jobs panel asks for beyond what the job center does by itself."""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Signal

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import Job
from biofm_desktop.engine.jobs.again import from_start, going_on, left_over
from biofm_desktop.engine.runners import Background, needs_team, start_detached
from biofm_desktop.gui.docks.jobs import JobsPanel
from biofm_desktop.gui.workers.background_runs import BackgroundRuns
from biofm_desktop.gui.workers.call_worker import CallWorker
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle
from biofm_desktop.gui.workers.kept_jobs import KeptJobs

#: So long a training may take to save its state before it goes on in the background from an earlier one.
SAVE_SECONDS = 60.0


class QueueFlow(QObject):
    """Restarts, moves to the background, removes; keeps the queue and finds it again."""

    failed = Signal(str, str)
    message = Signal(str)
    show_requested = Signal(object)

    def __init__(self, panel: JobsPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._center = center
        self.kept, self.background = KeptJobs(center, self), BackgroundRuns(center, self)
        self.kept.message.connect(self.message)
        self.kept.failed.connect(self._fail)
        self.background.message.connect(self.message)
        panel.asked.connect(self.act)

    def begin(self) -> None:
        """Offer what an earlier window left, and show what runs in the background."""
        self.kept.offer()
        self.background.begin()

    def act(self, name: str, handle: JobHandle) -> None:
        """Do what the panel asks of a job."""
        acts: dict[str, Callable[[JobHandle], None]] = {
            "restart": self._restart,
            "go_on": self._go_on,
            "background": self.to_background,
            "remove": self._remove,
            "show": self.show_requested.emit,
        }
        try:
            acts[name](handle)
        except Fault as fault:
            self._fail(fault)

    # One job

    def _restart(self, handle: JobHandle) -> None:
        self._begin(from_start(handle.job), handle.title)

    def _go_on(self, handle: JobHandle) -> None:
        job = going_on(handle.job)
        if job is not None:
            self._begin(job, job.title)

    def _begin(self, job: Job, title: str) -> None:
        """Let a job take its turn; one that wants several processes runs beside the queue."""
        if needs_team(job):
            self.start_background(job, title)
        else:
            self._center.submit(job, title=title)

    def _remove(self, handle: JobHandle) -> None:
        if handle.background and not handle.ended:
            handle.stop()
            return
        if not handle.ended:
            self._center.drop(handle)
        self.background.forget(handle)
        self._center.forget(handle)

    def to_background(self, handle: JobHandle) -> None:
        """Let a job go on without the window: what runs stops, saving its state, and goes on in another process."""
        if handle in self._center.waiting:
            handle.kept = True  # its folder waits for it
            self._center.drop(handle)
            self._center.forget(handle)
            self.start_background(handle.job, handle.title)
        elif handle is self._center.asked:
            handle.finished.connect(lambda _: self._move(handle))
            handle.stop()
            self.message.emit("Saving, to go on in the background …")

    def start_background(self, job: Job, title: str) -> None:
        """Start a job in the background and list it."""
        self._start_there([(job, title)])

    def _move(self, handle: JobHandle) -> None:
        if isinstance(handle.last, Finished) and handle.last.stopped:  # else it had ended by then
            self._center.forget(handle)
            try:
                self._start_there([(left_over(handle.job), handle.title)])
            except Fault as fault:
                self._fail(fault)

    def _start_there(self, jobs: Sequence[tuple[Job, str]]) -> None:
        worker = CallWorker(lambda: start_detached(jobs))
        worker.returned.connect(self._show_started)
        worker.failed.connect(self.failed)
        worker.begin()

    def _show_started(self, made: list[Background]) -> None:
        self.background.show_entries(made)
        self.message.emit(f"{made[0].title} runs in the background; it goes on when the window is closed")

    # All of them, as the window closes

    @property
    def can_go_on(self) -> int:
        """Return how many trainings run or wait that could go on without the window."""
        running = [self._center.asked] if self._center.asked is not None else []
        return sum(bool(getattr(handle.job, "trains", False)) for handle in [*running, *self._center.waiting])

    def all_to_background(self) -> bool:
        """Let the training under way and those that wait go on without the window; say whether they do.

        Where they do not, they wait in the queue as before, and why is told.
        """
        running, held = self._center.asked, self._center.held
        self._center.hold(True)
        if running is not None:
            running.stop()
            if not self._center.wait(SAVE_SECONDS):
                running.kill()
                self._center.wait(5.0)
        try:
            jobs = self._left_to_do(running)
            if jobs:
                _meanwhile(lambda: start_detached(jobs))
        except Fault as fault:
            self._fail(fault)
            if running is not None and (job := going_on(running.job)) is not None:
                self._center.run_next(self._center.submit(job, title=running.title))
            self._center.hold(held)
            return False
        for handle in [h for h in self._center.waiting if getattr(h.job, "trains", False)]:
            handle.kept = True
            self._center.drop(handle)
        return True

    def _left_to_do(self, running: JobHandle | None) -> list[tuple[Job, str]]:
        jobs: list[tuple[Job, str]] = []
        if running is not None and getattr(running.job, "trains", False) and _stopped_midway(running):
            jobs.append((left_over(running.job), running.title))
        waiting = [handle for handle in self._center.waiting if getattr(handle.job, "trains", False)]
        return jobs + [(handle.job, handle.title) for handle in waiting]

    def _fail(self, fault: Fault) -> None:
        self.failed.emit(fault.message, fault.detail)


def _stopped_midway(handle: JobHandle) -> bool:
    """Say whether something is left to do of a job that was asked to stop: it may have ended, or failed, by itself."""
    last = handle.last
    ended_hard = isinstance(last, Failed) and "as you asked" in last.message
    return ended_hard or (isinstance(last, Finished) and last.stopped)


def _meanwhile(call: Callable[[], object]) -> None:
    """Call something in another thread while the window goes on living; raise the `Fault` that it raises."""
    faults: list[Fault] = []

    def work() -> None:
        try:
            call()
        except Fault as fault:
            faults.append(fault)

    worker = CallWorker(work)
    worker.begin()
    while worker.isRunning():
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 20)
        time.sleep(0.005)
    if faults:
        raise faults[0]
