"""Keeps the trainings that wait on the disk, and offers those of an earlier window again."""

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs.waiting import KeptQueue, Waiting

from .job_center import JobCenter, JobHandle


class KeptJobs(QObject):
    """Follows the queue of a `JobCenter`; other jobs than trainings are short and not kept."""

    message = Signal(str)
    failed = Signal(object)

    def __init__(self, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._center, self._queue = center, KeptQueue()
        self._closed = False
        center.queue_changed.connect(self.keep)
        center.closing.connect(self.close_kept)

    def offer(self) -> None:
        """Let what an earlier window left wait again, in a queue that is paused: nothing begins unasked."""
        left = self._queue.left()
        if not left:
            return
        self._center.hold(True)
        for entry in left:
            self._center.submit(entry.job, title=entry.title)
        count = "A training waits" if len(left) == 1 else f"{len(left)} trainings wait"
        self.message.emit(
            f"{count} from last time. The Jobs panel begins them: press 'Pause queue' there to let them go."
        )

    @Slot()
    def keep(self) -> None:
        """Note the queue as it is now."""
        if not self._closed:
            running = self._center.asked
            self._keep(running if running is not None and running.state != "stopping" else None)

    @Slot()
    def close_kept(self) -> None:
        """The window closes: what waits is for the next one; what runs is stopped as the user wished, or goes on."""
        if not self._closed:
            self._keep(None)
            self._closed = True
            for handle in self._center.waiting:
                handle.kept = _trains(handle)

    def _keep(self, running: JobHandle | None) -> None:
        waiting = [Waiting(handle.job, handle.title) for handle in self._center.waiting if _trains(handle)]
        under_way = Waiting(running.job, running.title) if running is not None and _trains(running) else None
        try:
            self._queue.keep(waiting, under_way)
        except Fault as fault:
            self.failed.emit(fault)


def _trains(handle: JobHandle) -> bool:
    return bool(getattr(handle.job, "trains", False))
