"""The leaks flow: from the button in the training panel to a job, and its pairs to the dialog."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Failed, Finished, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import LeaksJob
from biofm_desktop.engine.leaks import Leak
from biofm_desktop.gui.dialogs.leaks import LeaksDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .runs import data_of

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project

_SPLIT_OPTIONS = ("seed", "validation", "test")


class LeaksFlow(QObject):
    """Asks for the check on the splits that a training would use, and shows what it finds."""

    show_sample = Signal(str)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._center = panel, center
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._dialog: LeaksDialog | None = None
        panel.leaks_requested.connect(self._start)

    def set_project(self, project: "Project | None") -> None:
        """Check this project from now on; what was found in another one is put away."""
        self._project = project
        if self._handle is not None and not self._handle.ended:
            self._handle.stop()
        self._handle = None
        if self._dialog is not None:
            self._dialog.close()
        self._show_state()

    def _start(self) -> None:
        if self._project is None or self._handle is not None:
            return
        try:
            options = self._panel.fit_form.values()
        except Fault as fault:
            self._panel.check()
            self._panel.show_status(fault.message, "error")
            return
        job = LeaksJob(data=data_of(self._project), **{name: options[name] for name in _SPLIT_OPTIONS})
        handle = self._handle = self._center.submit(job, title=f"{job.title} in {self._project.name}")
        handle.finished.connect(self._end)
        self._show_state()

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        handle = self.sender()
        if handle is not self._handle or self._handle is None:
            return
        events, self._handle = self._handle.events, None
        self._show_state()
        if isinstance(last, Failed):
            self.failed.emit(last.message, last.detail)
            return
        self.message.emit("The check for leaks was stopped" if last.stopped else last.message)
        for event in events:
            if isinstance(event, Warned):
                self.message.emit(event.message)
        leaks = [Leak(**leak) for leak in last.result.get("leaks", ())]
        if leaks:
            self._open(leaks, _summary(last, len(leaks)))

    def _open(self, leaks: list[Leak], summary: str) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = LeaksDialog(leaks, summary, self._panel.window())
        self._dialog.sample_chosen.connect(self.show_sample)
        self._dialog.destroyed.connect(self._forget)
        self._dialog.show()

    @Slot(QObject)
    def _forget(self, dialog: QObject) -> None:
        if self._dialog is dialog:
            self._dialog = None

    def _show_state(self) -> None:
        self._panel.show_leak_check(ready=self._project is not None and self._handle is None)


def _summary(last: Finished, listed: int) -> str:
    more = f" The first {listed:,} are listed." if listed < last.result["count"] else ""
    counts = ", ".join(f"{count:,} × {kind}" for kind, count in last.result["counts"].items())
    return f"{last.message}: {counts}.{more}"
