"""What the flows have in common that ask one question of a project and show the answer in a dialog."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Event, Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import Job
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from biofm_desktop.engine.project import Project

#: Those options of a training that decide which sample is in which split.
SPLIT_OPTIONS = ("seed", "validation", "test")


class AskingFlow(QObject):
    """One question at a time; what was found in another project is put away. Subclasses say what to do with an answer
    (`_answer`) and which button waits meanwhile (`_show_state`)."""

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._center = panel, center
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._dialog: QDialog | None = None

    @property
    def ready(self) -> bool:
        """Say whether a question can be asked now."""
        return self._project is not None and self._handle is None

    def set_project(self, project: "Project | None") -> None:
        """Ask of this project from now on."""
        self._project = project
        if self._handle is not None and not self._handle.ended:
            self._handle.stop()
        self._handle = None
        if self._dialog is not None:
            self._dialog.close()
        self._show_state()

    def _options(self) -> dict[str, Any] | None:
        """Return the options of the training panel; None where one is wrong, which is shown there."""
        try:
            return self._panel.fit_form.values()
        except Fault as fault:
            self._panel.check()
            self._panel.show_status(fault.message, "error")
            return None

    def _ask(self, job: Job) -> None:
        assert self._project is not None
        self._handle = self._center.submit(job, title=f"{job.title} in {self._project.name}")
        self._handle.finished.connect(self._end)
        self._show_state()

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        handle = self._handle
        if handle is None or self.sender() is not handle:
            return
        self._handle = None
        self._show_state()
        if isinstance(last, Failed):
            self.failed.emit(last.message, last.detail)
        else:
            self._answer(last, handle.events)

    def _show_dialog(self, dialog: "QDialog") -> None:
        """Show an answer in place of the one before."""
        if self._dialog is not None:
            self._dialog.close()
        dialog.destroyed.connect(self._forget)
        dialog.show()
        self._dialog = dialog

    @Slot(QObject)
    def _forget(self, dialog: QObject) -> None:
        if self._dialog is dialog:
            self._dialog = None

    def _answer(self, last: Finished, events: list[Event]) -> None:
        raise NotImplementedError

    def _show_state(self) -> None:
        raise NotImplementedError
