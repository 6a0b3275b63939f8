"""The cross-validation flow: from the dialog to a job that trains once for each fold, and their figures back."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from biofm_desktop.engine.events import Event, Failed, Finished, Progress, Saved
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_text
from biofm_desktop.engine.jobs import CrossValidateJob, TrainJob
from biofm_desktop.engine.samples.folds import groupings
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.gui.dialogs.cross_validate import CrossValidateDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.call_worker import CallWorker
from biofm_desktop.gui.workers.job_center import JobCenter

from .study_flow import StudyFlow

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class CrossValidateFlow(StudyFlow):
    """``planned`` gives the training that the panel's choices mean, for a folder."""

    def __init__(
        self,
        panel: TrainingPanel,
        center: JobCenter,
        planned: Callable[[Path], TrainJob],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(panel, center, parent)
        self._planned = planned
        self._result: dict[str, Any] = {}
        self._folds, self._metric = 0, ""

    def set_project(self, project: "Project | None") -> None:
        """Train on this project from now on."""
        super().set_project(project)
        self._result, self._folds, self._metric = {}, 0, ""

    def _made(self, project: "Project") -> CrossValidateDialog:
        metric = self._metric or TASKS[self._panel.task].metric
        dialog = CrossValidateDialog(project.name, metric, self._panel.window())
        dialog.start_requested.connect(self._start)
        dialog.save_requested.connect(self._save)
        dialog.show_result(self._result, self._folds, 0.0 if self._handle else None)
        data = project.dataset
        worker = CallWorker(lambda: groupings([sample for sample in data if sample.labelled or sample.columns]))
        worker.returned.connect(dialog.offer_groups)
        worker.begin()  # a long table takes a while
        return dialog

    def _start(self, folds: int, group: str) -> None:
        plan = self._plan("cross-validation", self._planned)
        if plan is not None:
            self._result, self._folds, self._metric = {}, folds, TASKS[plan.task].metric
            if isinstance(self._dialog, CrossValidateDialog):
                self._dialog.headline = self._metric  # the panel may have another task by now
            self._draw(0.0)
            self._submit(CrossValidateJob(**plan.plan, out=plan.out, folds=folds, group=group))

    def _show(self, event: Event) -> None:
        if isinstance(event, Progress) and event.total and self._folds:
            self._draw(event.done * self._folds / event.total - len(self._result.get("folds", ())))
        elif isinstance(event, Saved) and event.what == "metrics":
            with suppress(Fault):  # a disk that cannot be read now is told by the job
                self._result = read_json(Path(event.path))
            self._draw(0.0)

    def _show_end(self, last: Finished | Failed) -> None:
        self._draw(None)

    def _draw(self, share: float | None) -> None:
        if isinstance(self._dialog, CrossValidateDialog):
            self._dialog.show_result(self._result, self._folds, None if share is None else min(1.0, max(0.0, share)))

    def _save(self, path: Path) -> None:
        if isinstance(self._dialog, CrossValidateDialog):
            try:
                write_text(path, self._dialog.text, room="export")
            except Fault as fault:
                self.failed.emit(fault.message, fault.detail)
            else:
                self.message.emit(f"The figures of the folds are in {path}")
