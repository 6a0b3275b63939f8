"""The panels that train, predict and export, and the flows between them; imported after the frame stands."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from biofm_desktop.engine.project import Project

from .docks.export import ExportPanel
from .docks.jobs import JobsPanel
from .docks.label_next import LabelNextPanel
from .docks.plots import PlotsPanel
from .docks.predictions import PredictionsPanel
from .docks.training import TrainingPanel
from .flows.cluster_flow import ClusterFlow
from .flows.loop_flow import LoopFlow
from .flows.prediction_flow import PredictionFlow
from .flows.queue_flow import QueueFlow
from .flows.runs import folder_of
from .flows.suggest_flow import SuggestFlow
from .flows.training_flow import TrainingFlow
from .panels import Panels
from .workbench import Workbench
from .workers.job_center import JobCenter, JobHandle


class Work(QObject):
    """Fills the window's panels, and tells what its flows tell."""

    failed = Signal(str, str)
    message = Signal(str)
    accept_requested = Signal(list)

    def __init__(self, panels: Panels, bench: Workbench, jobs: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.training, self.plots = TrainingPanel(), PlotsPanel()
        self.predictions, self.export, self.next = PredictionsPanel(), ExportPanel(), LabelNextPanel()
        self.jobs = JobsPanel(jobs)
        for name, widget in (
            ("training", self.training),
            ("predictions", self.predictions),
            ("export", self.export),
            ("plots", self.plots),
            ("jobs", self.jobs),
            ("next", self.next),
        ):
            panels.fill(name, widget)
        self.train = TrainingFlow(self.training, self.plots, jobs, self)
        self.queue = QueueFlow(self.jobs, jobs, self)
        self.queue.show_requested.connect(self.train.show_job)
        self.cluster = ClusterFlow(self.training, self.queue, self)
        self.train.background_wanted.connect(self.cluster.start)
        self.predict = PredictionFlow(self.predictions, self.export, jobs, self)
        self.train.run_finished.connect(self.predict.set_run)
        self.train.steering.checkpoint_wanted.connect(self.predict.predict_with)
        self.predict.show_sample.connect(bench.show)
        self.train.leaks.show_sample.connect(bench.show)
        self.predict.predictions_arrived.connect(bench.add_predictions)
        self.predict.accept_requested.connect(self.accept_requested)
        self.suggest = SuggestFlow(self.next, jobs, self)
        self.loop = LoopFlow(self.next, bench, self.suggest, jobs, self)
        self._connect_loop(bench)
        for flow in (self.train, self.predict, self.suggest, self.loop, self.queue, self.cluster):
            flow.failed.connect(self.failed)
            flow.message.connect(self.message)
        bench.project_changed.connect(self.set_project)
        bench.current_changed.connect(self.predict.set_current_key)
        bench.current_changed.connect(self.train.augmentation.set_current_key)
        bench.edited.connect(lambda _: self.predict.refresh_labels())
        self.set_project(bench.project)
        self.predict.set_current_key(bench.key)
        self.train.augmentation.set_current_key(bench.key)
        QTimer.singleShot(0, self, self.queue.begin)  # once the window listens

    def set_project(self, project: Project | None) -> None:
        """Train and predict on this project from now on."""
        self.suggest.set_project(project)
        self.loop.set_project()
        self.train.set_project(project)
        self.predict.set_project(project)

    def _connect_loop(self, bench: Workbench) -> None:
        """The model in use is the one that the predictions panel names."""
        self.predict.run_changed.connect(self.suggest.set_run)
        self.predict.run_changed.connect(self.loop.set_run)
        self.loop.began.connect(self._draw_learning)
        self.loop.run_made.connect(self.predict.set_run)
        self.loop.run_left.connect(self.predict.set_run)
        self.loop.run_made.connect(lambda _: self.train.refresh_runs())
        self.loop.predict_requested.connect(self.predict.predict_these)
        for flow in (self.suggest, self.loop):
            flow.show_sample.connect(bench.show)
        bench.current_changed.connect(self.suggest.set_current_key)
        bench.edited.connect(lambda _: self.suggest.refresh_labels())

    def _draw_learning(self, handle: JobHandle) -> None:
        """Draw the curves of corrections that are learnt, unless a training is watched."""
        if self.train.running:
            return
        folder = folder_of(handle.job)

        def end() -> None:
            if not folder.exists():  # what it learnt was dropped
                self.plots.hide_run(str(folder))

        self.plots.begin_run(str(folder), folder.name)
        handle.events_arrived.connect(lambda events: self.plots.take(events, of=str(folder)))
        handle.finished.connect(end)

    def open_run(self, folder: Path) -> None:
        """Show the plots of a run and predict with it."""
        self.train.open_run(folder)
        self.predict.set_run(folder)
