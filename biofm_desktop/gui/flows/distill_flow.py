"""The distillation flow: from the dialog to a job that lets a model learn what a run says, and a run of it."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QObject

from biofm_desktop.engine.events import Event, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import DistillJob
from biofm_desktop.engine.jobs.distill import Teacher, teacher_in
from biofm_desktop.engine.runners import thread_count
from biofm_desktop.gui.dialogs.distill import DistillDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter

from .runs import data_of
from .study_flow import StudyFlow

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class DistillFlow(StudyFlow):
    """The training that it starts is shown in the panels as any other; see `TrainingFlow`."""

    told_elsewhere: ClassVar[bool] = True

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(panel, center, parent)
        self._elsewhere: list[Teacher] = []

    def _made(self, project: "Project") -> DistillDialog:
        options: dict[str, Any] = {}
        with suppress(Fault):  # a wrong one is marked in the panel
            options = self._panel.fit_form.values()
        dialog = DistillDialog(project.name, options, self._panel.window())
        dialog.start_requested.connect(self._start)
        dialog.folder_chosen.connect(self._add)
        dialog.offer_teachers(self._teachers(project))
        return dialog

    def _teachers(self, project: "Project") -> list[Teacher]:
        """Return the runs that can teach these data, those of other folders last."""
        found = []
        for folder in project.runs():
            with suppress(Fault):
                found.append(teacher_in(folder))
        return [each for each in (*found, *self._elsewhere) if self._panel.offers_task(each.task)]

    def _add(self, name: str) -> None:
        """Offer a run of another folder."""
        if self._project is None or not isinstance(self._dialog, DistillDialog):
            return
        try:
            teacher = teacher_in(Path(name))
        except Fault as fault:
            self._say(fault.message, "error")
            return
        if not self._panel.offers_task(teacher.task):
            self._say(f"What {teacher.folder.name} has learnt does not fit these data.", "error")
            return
        self._elsewhere = [each for each in self._elsewhere if each.folder != teacher.folder] + [teacher]
        self._dialog.offer_teachers(self._teachers(self._project), teacher.folder)
        self._say("")

    def _start(self, teacher: str, student: str, how: dict[str, Any], fit: dict[str, Any]) -> None:
        if self._project is None or self._handle is not None:
            return
        options = {**fit, "threads": fit["threads"] or max(1, thread_count() - 1)}  # one core is the window's
        try:
            out = self._project.new_run_folder(f"{student}-distilled")
        except Fault as fault:
            self._say(fault.message, "error")
            return
        data = data_of(self._project)
        self._submit(DistillJob(teacher=teacher, data=data, model=student, out=str(out), fit_options=options, **how))

    def _show(self, event: Event) -> None:
        handle = self._handle
        if isinstance(event, StepDone) and handle is not None and self._dialog is not None:
            self._dialog.status.setText(handle.message)
            self._dialog.show_progress(handle.share)
