"""The classes flow: from the button in the training panel to a job that counts, and its figures to the dialog."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import HistogramJob
from biofm_desktop.engine.tasks.few_labels import Advice
from biofm_desktop.engine.tasks.histogram import Histogram
from biofm_desktop.gui.dialogs.classes import ClassesDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .runs import data_of

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project

_SPLIT_OPTIONS = ("seed", "validation", "test")


class ClassesFlow(QObject):
    """Asks for the counts of the splits that a training would use, and shows them.

    ``head_only_wanted`` says that the user takes the advice for few labels and starts from trained weights.
    """

    head_only_wanted = Signal()
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._center = panel, center
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._dialog: ClassesDialog | None = None
        panel.data_buttons.classes_requested.connect(self._start)

    def set_project(self, project: "Project | None") -> None:
        """Count in this project from now on; what was found in another one is put away."""
        self._project = project
        if self._handle is not None and not self._handle.ended:
            self._handle.stop()
        self._handle = None
        if self._dialog is not None:
            self._dialog.close()
        self._show_state()

    def _start(self) -> None:
        form = self._panel.task_form
        if self._project is None or self._handle is not None or form is None:
            return
        try:
            fit, task = self._panel.fit_form.values(), form.values()
        except Fault as fault:
            self._panel.check()
            self._panel.show_status(fault.message, "error")
            return
        splits = {name: fit[name] for name in _SPLIT_OPTIONS}
        job = HistogramJob(data=data_of(self._project), task=self._panel.task, task_options=task, **splits)
        handle = self._handle = self._center.submit(job, title=f"{job.title} in {self._project.name}")
        handle.finished.connect(self._end)
        self._show_state()

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        if self._handle is None or self.sender() is not self._handle:
            return
        self._handle = None
        self._show_state()
        if isinstance(last, Failed):
            self.failed.emit(last.message, last.detail)
        elif last.stopped:
            self.message.emit("The count of the classes was stopped")
        else:
            self._open(last)

    def _open(self, last: Finished) -> None:
        if self._dialog is not None:
            self._dialog.close()
        told, left = last.result["few_labels"], last.result["unlabelled"]
        advice = Advice(**told) if told else None
        summary = f"{last.message}{f'; {left:,} samples have no label' if left else ''}."
        found = Histogram.from_values(last.result["histogram"])
        dialog = ClassesDialog(found, summary, last.result["warnings"], advice, self._panel.window())
        if advice is not None:
            dialog.advice_taken.connect(lambda: self._take(advice))
        dialog.destroyed.connect(self._forget)
        dialog.show()
        self._dialog = dialog

    def _take(self, advice: Advice) -> None:
        """Set the options as the advice says; the rest of them stay."""
        self._panel.fit_form.set_values(advice.fit_options)
        if self._panel.task_form is not None:
            self._panel.task_form.set_values(advice.task_options)
        if advice.head_only and self._panel.weights:
            self.head_only_wanted.emit()
        self.message.emit("The options are set for few labels: strong augmentation, many epochs")

    @Slot(QObject)
    def _forget(self, dialog: QObject) -> None:
        if self._dialog is dialog:
            self._dialog = None

    def _show_state(self) -> None:
        self._panel.data_buttons.classes.setEnabled(self._project is not None and self._handle is None)
