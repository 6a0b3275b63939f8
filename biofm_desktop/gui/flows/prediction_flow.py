"""The prediction flow: from the predictions panel to a job in the child, and its predictions back."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from biofm_desktop.gui.docks.export import ExportPanel
from biofm_desktop.gui.docks.predictions import PredictionsPanel
from biofm_desktop.gui.workers.job_center import JobCenter


class PredictionFlow(QObject):
    """Wires the predictions panel, the export panel and the job center."""

    show_sample = Signal(str)
    predictions_arrived = Signal(list)
    accept_requested = Signal(list)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self, panel: PredictionsPanel, export: ExportPanel, center: JobCenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._export, self._center = panel, export, center

    def set_project(self, project: Any | None) -> None:
        """Predict on this project's samples from now on."""

    def set_run(self, folder: Path) -> None:
        """Predict with this run from now on."""

    def set_current_key(self, key: str) -> None:
        """Note which sample is shown."""
