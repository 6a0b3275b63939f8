"""From the panel "Label next" to a job in the child, and its proposals back."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Event, Failed, Finished
from biofm_desktop.engine.jobs import Suggestion, SuggestJob
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.gui.docks.label_next import LabelNextPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .runs import data_of

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class SuggestFlow(QObject):
    """Wires the panel and the job center: which samples to label next.

    ``proposed`` gives the keys of new proposals.
    """

    show_sample = Signal(str)
    proposed = Signal(list)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, panel: LabelNextPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._center = panel, center
        self._project: Project | None = None
        self._run, self._key = "", ""
        self._handle: JobHandle | None = None
        panel.start_requested.connect(self.start)
        panel.stop_requested.connect(self._stop)
        panel.show_sample.connect(self.show_sample)

    def set_project(self, project: "Project | None") -> None:
        """Propose samples of this project from now on."""
        self._stop()
        self._handle = None
        self._project, self._key = project, ""
        self._panel.show_proposals((), self._labelled)
        self._panel.show_status("")
        self._show_state()

    def set_run(self, folder: str) -> None:
        """Ask this run from now on; what another one proposed stays until it proposes."""
        self._run = folder
        self._show_state()

    def set_current_key(self, key: str) -> None:
        """Note which sample is shown."""
        self._key = key
        self._panel.mark(key)

    def refresh_labels(self) -> None:
        """Show which proposals have a label by now."""
        self._panel.model.refresh()

    @property
    def handle(self) -> JobHandle | None:
        """Return the latest search that was started here."""
        return self._handle

    @property
    def keys(self) -> list[str]:
        """Return the samples that are proposed."""
        return [each.key for each in self._panel.model.proposals]

    def next_key(self) -> str:
        """Return the proposed sample to label after the one that is shown (empty: there is none)."""
        return self._panel.model.next_key(self._key)

    @property
    def running(self) -> bool:
        """Say whether it is looking for samples."""
        return self._handle is not None and not self._handle.ended

    def start(self) -> None:
        """Look at the samples without a label and propose some."""
        if self._project is None or not self._run or self.running:
            return
        job = SuggestJob(
            run_folder=self._run,
            data=data_of(self._project),
            count=self._panel.count,
            measure=self._panel.measure,
            spread=self._panel.spread,
            device=load_settings().device,
        )
        handle = self._handle = self._center.submit(job, title=f"{job.title} in {self._project.name}")
        handle.events_arrived.connect(self._take)
        handle.finished.connect(self._end)
        self._panel.show_status("Starting")
        self._panel.show_progress(None)
        self._show_state()

    @Slot(object)
    def _take(self, _: list[Event]) -> None:
        if self._handle is not None and not self._handle.ended:
            self._panel.show_progress(self._handle.share)
            self._panel.show_status(self._handle.message)

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        if self.sender() is not self._handle:
            return
        self._show_state()
        self._panel.show_status(_told(last), "error" if isinstance(last, Failed) else "")
        if isinstance(last, Failed):
            self.failed.emit(last.message, last.detail)
        elif not last.stopped:
            found = [Suggestion(**each) for each in last.result["suggestions"]]
            self._panel.show_proposals(found, self._labelled)
            self._panel.mark(self._key)
            self.proposed.emit([each.key for each in found])

    def _labelled(self, key: str) -> bool:
        try:
            return self._project is not None and self._project.sample(key).labelled
        except KeyError:
            return True  # it is not in the data any more

    def _stop(self) -> None:
        if self._handle is not None and not self._handle.ended:
            self._handle.stop()

    def _show_state(self) -> None:
        self._panel.show_state(ready=self._project is not None and bool(self._run), running=self.running)


def _told(last: Finished | Failed) -> str:
    """Return what to say at the end; nothing where the list itself says it."""
    return "" if isinstance(last, Finished) and last.result.get("suggestions") else last.message
