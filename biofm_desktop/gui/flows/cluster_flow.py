"""Trainings on a cluster: the arrow beside the button for the background offers the profiles, and sends jobs there."""

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QToolButton

from biofm_desktop.engine.clusters import ClusterProfile, load_profiles
from biofm_desktop.engine.jobs import Job
from biofm_desktop.engine.runners import Background, submit_to_cluster
from biofm_desktop.gui.dialogs.clusters import ClustersDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.call_worker import CallWorker

from .queue_flow import QueueFlow


class ClusterFlow(QObject):
    """Takes the trainings that are to run without the window: here, or where the user chose."""

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, panel: TrainingPanel, queue: QueueFlow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._queue = panel, queue
        self._chosen: ClusterProfile | None = None
        self._menu = QMenu(panel)
        self._menu.setObjectName("train.cluster_menu")
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self.fill)
        button = panel.findChild(QToolButton, "train.background")
        assert button is not None
        button.setMenu(self._menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        button.setToolTip(f"{button.toolTip()}; the arrow: on a cluster")
        self.fill()

    def fill(self) -> None:
        """Offer the profiles as they are now."""
        self._menu.clear()
        for profile in load_profiles():
            action = self._menu.addAction(f"Train on {profile.name}", partial(self.choose, profile))
            action.setObjectName(f"train.cluster_{profile.name}")
            action.setToolTip("Hand the training to SLURM and follow it here; it goes on when the window is closed")
        if self._menu.actions():
            self._menu.addSeparator()
        action = self._menu.addAction("Clusters …", self.edit)
        action.setObjectName("train.clusters")
        action.setToolTip("Describe the clusters that trainings can run on")

    def choose(self, profile: ClusterProfile) -> None:
        """Train with the panel's choices on this cluster."""
        self._chosen = profile
        try:
            self._panel.background_requested.emit()
        finally:
            self._chosen = None

    def start(self, job: Job, title: str) -> None:
        """Start a training that is to run without the window."""
        profile = self._chosen
        if profile is None:
            self._queue.start_background(job, title)
            return
        self.message.emit(f"Handing {title} to {profile.name} …")
        worker = CallWorker(lambda: submit_to_cluster(job, title, profile))
        worker.returned.connect(self._show_sent)
        worker.failed.connect(self.failed)
        worker.begin()

    def edit(self) -> None:
        """Show the profiles."""
        dialog = ClustersDialog(load_profiles(), self._panel.window())
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _show_sent(self, entry: Background) -> None:
        self._queue.background.show_entries([entry])
        where = f"{entry.cluster['profile']} (SLURM job {entry.cluster['number']})"
        self.message.emit(f"{entry.title} waits for {where}; the Jobs panel shows it, also after the next start")
