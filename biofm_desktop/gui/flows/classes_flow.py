"""The classes flow: from the button in the training panel to a job that counts, and its figures to the dialog."""

from PySide6.QtCore import QObject, Signal

from biofm_desktop.engine.events import Event, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import HistogramJob
from biofm_desktop.engine.tasks.few_labels import Advice
from biofm_desktop.engine.tasks.histogram import Histogram
from biofm_desktop.gui.dialogs.classes import ClassesDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter

from .asking_flow import SPLIT_OPTIONS, AskingFlow
from .runs import data_of


class ClassesFlow(AskingFlow):
    """Asks for the counts of the splits that a training would use, and shows them.

    ``head_only_wanted`` says that the user takes the advice for few labels and starts from trained weights.
    """

    head_only_wanted = Signal()

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(panel, center, parent)
        panel.data_buttons.classes_requested.connect(self._start)

    def _start(self) -> None:
        form = self._panel.task_form
        if not self.ready or self._project is None or form is None:
            return
        try:
            task = form.values()
        except Fault as fault:
            self._panel.check()
            self._panel.show_status(fault.message, "error")
            return
        if (fit := self._options()) is not None:
            splits = {name: fit[name] for name in SPLIT_OPTIONS}
            data = data_of(self._project)
            self._ask(HistogramJob(data=data, task=self._panel.task, task_options=task, **splits))

    def _answer(self, last: Finished, events: list[Event]) -> None:
        if last.stopped:
            self.message.emit("The count of the classes was stopped")
            return
        told, left = last.result["few_labels"], last.result["unlabelled"]
        advice = Advice(**told) if told else None
        summary = f"{last.message}{f'; {left:,} samples have no label' if left else ''}."
        found = Histogram.from_values(last.result["histogram"])
        dialog = ClassesDialog(found, summary, last.result["warnings"], advice, self._panel.window())
        if advice is not None:
            dialog.advice_taken.connect(lambda: self._take(advice))
        self._show_dialog(dialog)

    def _take(self, advice: Advice) -> None:
        """Set the options as the advice says; the rest of them stay."""
        self._panel.fit_form.set_values(advice.fit_options)
        if self._panel.task_form is not None:
            self._panel.task_form.set_values(advice.task_options)
        if advice.head_only and self._panel.weights:
            self.head_only_wanted.emit()
        self.message.emit("The options are set for few labels: strong augmentation, many epochs")

    def _show_state(self) -> None:
        self._panel.data_buttons.classes.setEnabled(self.ready)
