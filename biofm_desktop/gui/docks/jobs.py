"""The jobs panel: everything that runs, waits or has ended."""

from PySide6.QtWidgets import QWidget

from biofm_desktop.gui.workers.job_center import JobCenter


class JobsPanel(QWidget):
    """Lists the jobs of a `JobCenter`."""

    def __init__(self, center: JobCenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._center = center
