"""The learning-curve flow: from the dialog to a job that trains with fewer and more labels, and its rows back."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from biofm_desktop.engine.events import Failed, Finished, Progress
from biofm_desktop.engine.jobs import LearningCurveJob, TrainJob
from biofm_desktop.gui.dialogs.learning_curve import LearningCurveDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter

from .study_flow import StudyFlow

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class CurveFlow(StudyFlow):
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
        panel.data_buttons.curve_requested.connect(self.open)

    def set_project(self, project: "Project | None") -> None:
        """Train on this project from now on."""
        super().set_project(project)
        self._panel.data_buttons.curve.setEnabled(project is not None)

    def _made(self, project: "Project") -> LearningCurveDialog:
        dialog = LearningCurveDialog(project.name, self._panel.window())
        dialog.start_requested.connect(self._start)
        return dialog

    def _start(self, counts: tuple[float, ...], seeds: int) -> None:
        plan = self._plan("curve", self._planned)
        if plan is not None:
            self._submit(LearningCurveJob(**plan.plan, out=plan.out, counts=counts, seeds=seeds))

    def _in_words(self, event: Progress) -> str:
        return f"Training {event.done + 1} of {event.total}: {event.message}"

    def _show_end(self, last: Finished | Failed) -> None:
        if isinstance(last, Finished) and "rows" in last.result and isinstance(self._dialog, LearningCurveDialog):
            self._dialog.show_rows(last.result["rows"], last.result["metric"])
