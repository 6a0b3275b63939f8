"""What the flows of studies share: from a dialog to a job that trains several times, and how far it is back to it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Event, Failed, Finished, Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import Job, TrainJob
from biofm_desktop.gui.dialogs.study import StudyDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class StudyFlow(QObject):
    """One study of its kind at a time. Subclasses make the dialog (`_made`) and show what comes (`_show`, `_show_end`).

    A study of a project that was put away goes on among the jobs, and is shown here no more.
    """

    failed = Signal(str, str)
    message = Signal(str)
    #: Another flow tells the window how such a job ends.
    told_elsewhere: ClassVar[bool] = False

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._center = panel, center
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._dialog: StudyDialog | None = None

    def set_project(self, project: "Project | None") -> None:
        """Study this project from now on."""
        self._project, self._handle = project, None
        if self._dialog is not None:
            self._dialog.close()

    @Slot()
    def open(self) -> None:
        """Show the dialog, as it was left where a study is under way."""
        if self._project is None or not self._panel.model:
            self.message.emit("Open data that a model can learn from first.")
            return
        if self._dialog is None:
            self._dialog = self._made(self._project)
            self._dialog.stop_requested.connect(self._stop)
            self._dialog.finished.connect(self._forget)
            self._say(self._handle.message if self._handle else "")
        self._dialog.show()
        self._dialog.raise_()

    def _made(self, project: "Project") -> StudyDialog:
        raise NotImplementedError

    def _show(self, event: Event) -> None:
        """Show what an event tells besides how far it is."""

    def _show_end(self, last: Finished | Failed) -> None:
        """Show what was found, however it ended."""

    def _in_words(self, event: Progress) -> str:
        return event.message

    def _plan(self, word: str, planned: Callable[[Path], TrainJob]) -> TrainJob | None:
        """Return the training that the panel means, into a new folder named after it; None where it cannot be."""
        if self._project is None or self._handle is not None:
            return None
        if not self._panel.check():
            self._say("Correct the marked options of the training panel first.", "error")
            return None
        try:
            return planned(self._project.new_run_folder(f"{self._panel.model}-{word}"))
        except Fault as fault:
            self._say(fault.message, "error")
            return None

    def _submit(self, job: Job) -> None:
        assert self._project is not None
        idle = self._center.asked is None and not (self._center.waiting and not self._center.held)
        handle = self._handle = self._center.submit(job, title=f"{job.title} on {self._project.name}")
        if idle:
            self._center.run_next(handle)  # a queue that is paused is no reason to let the user wait
        handle.event_arrived.connect(self._take)
        handle.finished.connect(self._end)
        self._say("Waiting for its turn" if handle.state == "waiting" else "Started")

    @Slot(object)
    def _take(self, event: Event) -> None:
        if self._handle is None or self.sender() is not self._handle:
            return
        if isinstance(event, Progress) and event.total:
            self._say(self._in_words(event))
            if self._dialog is not None:
                self._dialog.show_progress(event.done / event.total)
        self._show(event)

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        handle = self.sender()
        assert isinstance(handle, JobHandle)
        _clear(handle)
        if handle is not self._handle:
            return
        self._handle = None
        if isinstance(last, Failed):
            self._say(last.message, "error")
            if not self.told_elsewhere:
                self.failed.emit(last.message, last.detail)
        elif last.stopped:
            self._say("Stopped; what was found so far is in the folder of the job")
        else:
            self._say(last.message, "good")
            if not self.told_elsewhere:
                self.message.emit(last.message)
        self._show_end(last)

    @Slot()
    def _stop(self) -> None:
        if self._handle is not None:
            self._handle.stop()
            self._say("Stopping: saving …")

    def _say(self, words: str, role: str = "") -> None:
        if self._dialog is not None:
            self._dialog.show_state(words, busy=self._handle is not None, role=role)

    @Slot()
    def _forget(self) -> None:
        self._dialog = None


def _clear(handle: JobHandle) -> None:
    with suppress(OSError):
        Path(getattr(handle.job, "out", "")).rmdir()  # one that was never begun is empty
