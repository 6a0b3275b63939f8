"""The training flow: from the training panel to a job in the child, and its events back to the plots."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter


class TrainingFlow(QObject):
    """Wires the training panel, the plots, the freeze dialog and the job center."""

    run_finished = Signal(Path)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self, panel: TrainingPanel, plots: PlotsPanel, center: JobCenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._plots, self._center = panel, plots, center

    def set_project(self, project: Any | None) -> None:
        """Offer what fits the project's data."""

    def open_run(self, folder: Path) -> None:
        """Draw the plots of a finished run."""
