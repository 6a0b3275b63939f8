"""Shows what runs in the background among the jobs: found at the start, and looked for every few seconds."""

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.runners import ENDED, Background, BackgroundRun, ClusterEyes, entries, forget, last_word

from .call_worker import CallWorker
from .job_center import JobCenter, JobHandle

_LOOK_MS = 3000


class BackgroundRuns(QObject):
    """Follows the register of jobs in the background."""

    message = Signal(str)

    def __init__(self, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._center = center
        self._known: dict[str, tuple[JobHandle | None, float]] = {}
        self._looking, self._closed, self._eyes = False, False, ClusterEyes()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        center.closing.connect(self._close)

    def begin(self) -> None:
        """Look now, and from now on."""
        self.look()
        self._timer.start()

    @Slot()
    def look(self) -> None:
        """Read the register, away from this thread."""
        if self._looking or self._closed:
            return
        self._looking = True
        worker = CallWorker(lambda: self._eyes.look(entries()))
        worker.returned.connect(self._take)
        worker.failed.connect(self._miss)
        worker.begin()

    @Slot(object)
    def show_entries(self, found: list[Background]) -> None:
        """List these, and say how those stand that are listed."""
        for entry in found:
            if self._closed:
                return
            handle, since = self._known.get(entry.name, (None, 0.0))
            if entry.name not in self._known:
                self._known[entry.name] = (self._follow(entry), entry.since)
            elif handle is not None and since != entry.since and not entry.ended:
                self._known[entry.name] = (handle, entry.since)
                handle.show_state(entry.standing)

    def forget(self, handle: JobHandle) -> None:
        """Take an ended job out of the register; raise `Fault` where the disk does not let us."""
        for name, (known, _) in self._known.items():
            if known is handle:
                self._known[name] = (None, 0.0)
                for entry in entries():
                    if entry.name == name:
                        forget(entry)

    def _follow(self, entry: Background) -> JobHandle | None:
        try:
            job = entry.made_job()
        except Fault:
            return None  # of another version
        standing = entry.standing
        if standing == "broken off":
            self.message.emit(f"{entry.title} broke off in the background; the Jobs panel can go on with it")
        if standing in ENDED or standing == "broken off":
            return self._center.note_ended(job, entry.title, last_word(entry))
        where = f"On {entry.cluster['profile']}, SLURM job {entry.cluster['number']}" if entry.cluster else ""
        return self._center.follow(job, entry.title, lambda: BackgroundRun(entry), standing, where)

    @Slot(object)
    def _take(self, found: list[Background]) -> None:
        self._looking = False
        self.show_entries(found)

    @Slot(str, str)
    def _miss(self, _: str, __: str) -> None:
        self._looking = False

    @Slot()
    def _close(self) -> None:
        self._closed = True
        self._timer.stop()
