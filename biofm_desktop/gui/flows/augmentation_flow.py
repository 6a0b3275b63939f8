"""The augmentation flow: from the button to the dialog, previews from a child, changes to the options or the run."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import AugmentPreviewJob, TrainJob
from biofm_desktop.engine.jobs.mailbox import post
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.gui.dialogs.augmentation import AugmentationDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .runs import data_of, folder_of

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project

Wish = tuple[dict[str, Any], int]


class AugmentationFlow(QObject):
    """Shows the dialog; ``under_way`` gives the training that may be changed, ``spare`` a second child.

    The spare child makes the previews while the first one trains; it ends with the dialog.
    """

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self,
        panel: TrainingPanel,
        center: JobCenter,
        under_way: Callable[[], JobHandle | None],
        parent: QObject | None = None,
        *,
        spare: Callable[[], JobCenter] = JobCenter,
    ) -> None:
        super().__init__(parent)
        self._panel, self._center, self._under_way, self._make_spare = panel, center, under_way, spare
        self._project: Project | None = None
        self._key, self._task = "", ""
        self._dialog: AugmentationDialog | None = None
        self._handle: JobHandle | None = None
        self._next: Wish | None = None
        self._spare: JobCenter | None = None
        self._files: TemporaryDirectory[str] | None = None
        self._number = 0
        self._applied: tuple[JobHandle, dict[str, Any]] | None = None
        panel.data_buttons.augmentation_requested.connect(self._open)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    def set_project(self, project: "Project | None") -> None:
        """Show samples of this project from now on."""
        self._project, self._key = project, ""
        if self._dialog is not None:
            self._dialog.close()
        self._panel.data_buttons.augmentation.setEnabled(project is not None and bool(project.dataset.samples))

    def set_current_key(self, key: str) -> None:
        """Show this sample the next time."""
        self._key = key

    def show_running(self) -> None:
        """Offer to change the training where one is under way."""
        if self._dialog is not None:
            self._dialog.show_running(running=self._under_way() is not None)

    def _open(self) -> None:
        form = self._panel.task_form
        if self._project is None or form is None or not self._panel.task:
            return
        if self._dialog is not None:
            self._dialog.raise_()
            return
        try:
            values = form.values()
        except Fault as fault:
            self._panel.check()
            self._panel.show_status(fault.message, "error")
            return
        self._task = self._panel.task
        key = self._key if self._key in {sample.key for sample in self._project.dataset} else ""
        dialog = self._dialog = AugmentationDialog(TASKS[self._task], values, key, self._panel.window())
        dialog.preview_wanted.connect(lambda wanted, seed: self._want((wanted, seed), key))
        dialog.apply_requested.connect(self._apply)
        dialog.accepted.connect(self._accept)
        dialog.finished.connect(self._ended)
        self.show_running()
        dialog.show()

    # The preview

    def _want(self, wish: Wish, key: str) -> None:
        """Make this preview, after the one that is being made; earlier wishes are dropped."""
        self._next = wish
        if self._handle is None:
            self._begin(key)

    def _begin(self, key: str) -> None:
        if self._next is None or self._project is None or self._dialog is None or self._panel.task_form is None:
            return
        (values, seed), self._next = self._next, None
        self._files = self._files or TemporaryDirectory(prefix="biofm-augmentation-", ignore_cleanup_errors=True)
        self._number += 1
        try:
            options = {**self._panel.task_form.values(), **values}
        except Fault as fault:
            self._dialog.show_fault(fault.message)
            return
        job = AugmentPreviewJob(
            task=self._task,
            data=data_of(self._project),
            out=str(Path(self._files.name) / str(self._number)),
            key=key,
            seed=seed,
            model=self._panel.model if self._panel.task == self._task else "",
            task_options=options,
        )
        self._dialog.show_waiting("Making the preview …")
        handle = self._handle = self._free_center().submit(job, quiet=True)
        handle.finished.connect(lambda last: self._take(handle, last, key))
        if handle.last is not None:
            self._take(handle, handle.last, key)

    def _free_center(self) -> JobCenter:
        if not self._center.busy:
            return self._center
        if self._spare is None:
            self._spare = self._make_spare()
            self._spare.setParent(self)
        return self._spare

    def _take(self, handle: JobHandle, last: Finished | Failed, key: str) -> None:
        if handle is not self._handle:
            return
        self._handle = None
        if self._dialog is not None and self._next is None:
            if isinstance(last, Failed):
                self._dialog.show_fault(last.message)
            elif not last.stopped:
                self._dialog.show_preview(last.result)
        self._begin(key)

    # What the user decides

    def _accept(self) -> None:
        if self._dialog is not None and self._panel.task_form is not None and self._panel.task == self._task:
            self._panel.task_form.set_values(self._dialog.values())
            self.message.emit("The next training uses this augmentation")

    def _apply(self, values: dict[str, Any]) -> None:
        """Ask the training under way for what differs from what it does now."""
        training = self._under_way()
        if training is None:
            self.message.emit("No training is under way")
            return
        known: dict[str, Any] = {}
        if self._applied is not None and self._applied[0] is training:
            known = self._applied[1]
        elif isinstance(training.job, TrainJob):
            known = training.job.task_options
        changed = {name: value for name, value in values.items() if name not in known or known[name] != value}
        if not changed:
            self.message.emit("The training already does it this way")
            return
        try:
            post(folder_of(training.job), {"change": {"task": changed}})
        except Fault as fault:
            self.failed.emit(fault.message, fault.detail)
            return
        self._applied = training, {**known, **values}
        self.message.emit("The training takes the new augmentation from its next step on")

    @Slot()
    def _ended(self) -> None:
        self._dialog, self._next = None, None
        if self._handle is not None:
            self._handle.stop()
            self._handle = None
        self.close()

    @Slot()
    def close(self) -> None:
        """End the spare child and put its files away."""
        if self._spare is not None:
            self._spare.close(save=False)
            self._spare.deleteLater()
            self._spare = None
        if self._files is not None:
            self._files.cleanup()
            self._files = None
