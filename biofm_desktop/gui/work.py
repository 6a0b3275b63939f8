"""The panels that train, predict and export, and the flows between them; imported after the frame stands."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from biofm_desktop.engine.project import Project

from .docks.export import ExportPanel
from .docks.jobs import JobsPanel
from .docks.plots import PlotsPanel
from .docks.predictions import PredictionsPanel
from .docks.training import TrainingPanel
from .flows.prediction_flow import PredictionFlow
from .flows.queue_flow import QueueFlow
from .flows.training_flow import TrainingFlow
from .panels import Panels
from .workbench import Workbench
from .workers.job_center import JobCenter


class Work(QObject):
    """Fills the window's panels, and tells what its flows tell."""

    failed = Signal(str, str)
    message = Signal(str)
    accept_requested = Signal(list)

    def __init__(self, panels: Panels, bench: Workbench, jobs: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.training, self.plots = TrainingPanel(), PlotsPanel()
        self.predictions, self.export, self.jobs = PredictionsPanel(), ExportPanel(), JobsPanel(jobs)
        for name, widget in (
            ("training", self.training),
            ("predictions", self.predictions),
            ("export", self.export),
            ("plots", self.plots),
            ("jobs", self.jobs),
        ):
            panels.fill(name, widget)
        self.train = TrainingFlow(self.training, self.plots, jobs, self)
        self.queue = QueueFlow(self.jobs, jobs, self)
        self.queue.show_requested.connect(self.train.show_job)
        self.train.background_wanted.connect(self.queue.start_background)
        self.predict = PredictionFlow(self.predictions, self.export, jobs, self)
        self.train.run_finished.connect(self.predict.set_run)
        self.predict.show_sample.connect(bench.show)
        self.train.leaks.show_sample.connect(bench.show)
        self.predict.predictions_arrived.connect(bench.add_predictions)
        self.predict.accept_requested.connect(self.accept_requested)
        for flow in (self.train, self.predict, self.queue):
            flow.failed.connect(self.failed)
            flow.message.connect(self.message)
        bench.project_changed.connect(self.set_project)
        bench.current_changed.connect(self.predict.set_current_key)
        bench.edited.connect(lambda _: self.predict.refresh_labels())
        self.set_project(bench.project)
        self.predict.set_current_key(bench.key)
        QTimer.singleShot(0, self, self.queue.begin)  # once the window listens

    def set_project(self, project: Project | None) -> None:
        """Train and predict on this project from now on."""
        self.train.set_project(project)
        self.predict.set_project(project)

    def open_run(self, folder: Path) -> None:
        """Show the plots of a run and predict with it."""
        self.train.open_run(folder)
        self.predict.set_run(folder)
