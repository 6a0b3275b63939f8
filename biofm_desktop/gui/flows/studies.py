"""The studies of the window: several trainings for one question, each kind with its flow."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter

from .cross_validate_flow import CrossValidateFlow
from .curve_flow import CurveFlow
from .distill_flow import DistillFlow
from .remembered import Remembered
from .search_flow import SearchFlow
from .study_flow import StudyFlow

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class Studies(QObject):
    """Opens the dialog that is asked for; tells what the flows tell. See `SearchFlow` for what it is made of."""

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self,
        panel: TrainingPanel,
        center: JobCenter,
        planned: Callable[[Path], TrainJob],
        kept: Remembered,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._flows: dict[str, StudyFlow] = {
            "curve": CurveFlow(panel, center, planned, self),
            "cross_validate": CrossValidateFlow(panel, center, planned, self),
            "search": SearchFlow(panel, center, planned, kept, self),
            "distill": DistillFlow(panel, center, self),
        }
        for flow in self._flows.values():
            flow.failed.connect(self.failed)
            flow.message.connect(self.message)
        panel.studies.asked.connect(self.open)

    def set_project(self, project: "Project | None") -> None:
        """Study this project from now on."""
        for flow in self._flows.values():
            flow.set_project(project)

    def open(self, name: str) -> None:
        """Show the dialog of a study: ``curve``, ``cross_validate``, ``search`` or ``distill``."""
        self._flows[name].open()
