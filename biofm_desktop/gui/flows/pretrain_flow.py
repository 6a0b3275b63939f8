"""The pre-training flow: from the dialog to a job; its curves are shown as those of any training."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import PretrainJob
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.objectives import encoding_task, objectives_for
from biofm_desktop.engine.options import specs
from biofm_desktop.engine.runners import thread_count
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.gui.dialogs.pretrain import PretrainDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter

from .runs import data_of

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class PretrainFlow(QObject):
    """Pre-trains the model that is chosen in the training panel, on the project's samples."""

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._center = panel, center
        self._project: Project | None = None
        self._dialog: PretrainDialog | None = None
        self._model, self._weights = "", ""
        panel.data_buttons.pretrain_requested.connect(self._open)

    def set_project(self, project: "Project | None") -> None:
        """Learn from this project from now on."""
        self._project = project
        if self._dialog is not None:
            self._dialog.close()
        self._panel.data_buttons.pretrain.setEnabled(project is not None)

    def _open(self) -> None:
        if self._project is None or not self._panel.model:
            return
        chosen = self._panel.model, self._panel.weights
        if self._dialog is not None and (self._model, self._weights) != chosen:
            self._dialog.close()
        if self._dialog is None:
            self._model, self._weights = chosen
            entry = MODELS[self._model]
            fit = {"device": load_settings().device}
            self._dialog = PretrainDialog(
                f"{entry.title} on {self._project.name}",
                objectives_for(entry),
                fit,
                self._weights,
                self._panel.window(),
            )
            self._dialog.start_requested.connect(self._start)
            self._dialog.finished.connect(self._forget)
        self._dialog.show()
        self._dialog.raise_()

    def _start(self, objective: str, options: dict[str, Any], fit: dict[str, Any]) -> None:
        if self._project is None or self._dialog is None:
            return
        entry, form = MODELS[self._model], self._panel.task_form
        known = {spec.name for spec in specs(encoding_task(entry))}
        try:
            read = form.values() if form is not None else {}
            folder = self._project.new_run_folder(f"{self._model}-{objective}")
        except Fault as fault:
            self._dialog.show_status(fault.message, "error")
            return
        job = PretrainJob(
            objective=objective,
            data=data_of(self._project),
            model=self._model,
            out=str(folder),
            objective_options=options,
            task_options={name: value for name, value in read.items() if name in known},
            weights=self._weights,
            fit_options={**fit, "threads": max(1, thread_count() - 1)},  # one core is the window's
        )
        handle = self._center.submit(job, title=f"Pre-train {entry.title} on {self._project.name}")
        handle.finished.connect(self._end)
        self._dialog.close()

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        if isinstance(last, Finished) and not last.stopped:
            self.message.emit(f"{last.message}. It is in the list of models")

    @Slot()
    def _forget(self) -> None:
        self._dialog = None
