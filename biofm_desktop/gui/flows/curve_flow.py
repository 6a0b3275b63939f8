"""The learning-curve flow: from the dialog to a job that trains with fewer and more labels, and its rows back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Event, Failed, Finished, Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import LearningCurveJob, TrainJob
from biofm_desktop.gui.dialogs.learning_curve import LearningCurveDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class CurveFlow(QObject):
    """``planned`` gives the training that the panel's choices mean, for a folder."""

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self,
        panel: TrainingPanel,
        center: JobCenter,
        planned: Callable[[Path], TrainJob],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel, self._center, self._planned = panel, center, planned
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._dialog: LearningCurveDialog | None = None
        panel.data_buttons.curve_requested.connect(self._open)

    def set_project(self, project: "Project | None") -> None:
        """Train on this project from now on."""
        self._project = project
        if self._dialog is not None:
            self._dialog.close()
        self._panel.data_buttons.curve.setEnabled(project is not None)

    def _open(self) -> None:
        if self._project is None or not self._panel.model:
            return
        if self._dialog is None:
            self._dialog = LearningCurveDialog(self._project.name, self._panel.window())
            self._dialog.start_requested.connect(self._start)
            self._dialog.finished.connect(self._forget)
        self._dialog.show_state("", busy=self._handle is not None)
        self._dialog.show()
        self._dialog.raise_()

    def _start(self, counts: tuple[float, ...], seeds: int) -> None:
        if self._project is None or self._handle is not None:
            return
        if not self._panel.check():
            self._say("Correct the marked options of the training panel first.", "error")
            return
        try:
            plan = self._planned(self._project.new_run_folder(f"{self._panel.model}-curve"))
        except Fault as fault:
            self._say(fault.message, "error")
            return
        common = {part.name for part in fields(LearningCurveJob)} & {part.name for part in fields(TrainJob)}
        job = LearningCurveJob(**{name: getattr(plan, name) for name in common}, counts=counts, seeds=seeds)
        handle = self._handle = self._center.submit(job, title=f"{job.title} on {self._project.name}")
        handle.event_arrived.connect(self._take)
        handle.finished.connect(self._end)
        self._say("Waiting for its turn" if handle.state == "waiting" else "Started")

    @Slot(object)
    def _take(self, event: Event) -> None:
        if isinstance(event, Progress) and self._handle is not None and event.total:
            self._say(f"Training {event.done + 1} of {event.total}: {event.message}")

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        handle, self._handle = self._handle, None
        if isinstance(last, Failed):
            self._say(last.message, "error")
            self.failed.emit(last.message, last.detail)
        elif last.stopped:
            self._say("Stopped; what was found so far is in the run's folder")
        else:
            self._say(last.message, "good")
            self.message.emit(last.message)
            if self._dialog is not None:
                self._dialog.show_rows(last.result["rows"], last.result["metric"])
        if handle is not None:
            with suppress(OSError):
                Path(getattr(handle.job, "out", "")).rmdir()  # one that was never begun is empty

    def _say(self, words: str, role: str = "") -> None:
        if self._dialog is not None:
            self._dialog.show_state(words, busy=self._handle is not None, role=role)

    @Slot()
    def _forget(self) -> None:
        self._dialog = None
