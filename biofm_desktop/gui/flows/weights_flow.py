"""What a training starts from: terms are accepted once, files and runs are looked at before they are used."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.jobs import DOWNLOAD, WeightsJob
from biofm_desktop.engine.jobs.earlier_runs import to_start_from
from biofm_desktop.engine.models import MODELS, ModelEntry
from biofm_desktop.engine.models.downloads import found
from biofm_desktop.engine.models.licences import accept, accepted
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.gui.dialogs.start_run import StartRunDialog
from biofm_desktop.gui.dialogs.weights import WeightsDialog
from biofm_desktop.gui.dialogs.weights_match import WeightsMatchDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .layers_flow import LayersFlow

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class WeightsFlow(QObject):
    """Wires the choice of weights, the child that looks at them, and the dialogs that show them."""

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self, panel: TrainingPanel, center: JobCenter, layers: LayersFlow, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._center, self._layers = panel, center, layers
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._asking = False
        start = panel.start_from
        start.changed.connect(self._choose)
        start.run_wanted.connect(self._offer_runs)
        start.match_wanted.connect(lambda: self._look(asking=False))

    def set_project(self, project: "Project | None") -> None:
        """Offer this project's runs from now on."""
        self._project = project
        self._drop()

    def offer(self, entry: ModelEntry | None, chosen: str) -> None:
        """Offer what a model may start from; what was chosen and is gone is not."""
        self._drop()
        if chosen != DOWNLOAD and not Path(chosen).exists():
            chosen = ""
        self._panel.start_from.offer(entry, _on_disk(entry), chosen)

    def _choose(self, weights: str) -> None:
        self._drop()
        entry = self._entry
        if weights == DOWNLOAD:
            if entry is not None and entry.weights is not None and not accepted(entry.weights):
                self._ask_terms(entry)
        elif weights:
            self._look(asking=True)

    def _ask_terms(self, entry: ModelEntry) -> None:
        assert entry.weights is not None
        weights = entry.weights
        dialog = WeightsDialog(
            entry.title, weights, load_settings().mirror, self._panel.window(), on_disk=_on_disk(entry)
        )
        dialog.accepted.connect(lambda: accept(weights))
        dialog.rejected.connect(lambda: self._panel.choose_weights(""))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _offer_runs(self) -> None:
        runs = to_start_from(self._project.runs()) if self._project else []
        dialog = StartRunDialog(runs, self._panel.model, self._panel.window())
        dialog.run_chosen.connect(self._panel.choose_weights)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _look(self, *, asking: bool) -> None:
        """Let the child match names and shapes; a file is never read in this process."""
        weights, entry = self._panel.weights, self._entry
        if not weights or weights == DOWNLOAD or entry is None:
            return
        self._drop()
        told = self._layers.described or {}
        job = WeightsJob(
            weights=weights,
            model=entry.name,
            outputs=int(told.get("outputs", 0)),
            inputs=dict(told.get("inputs", {})),
            classes=tuple(told.get("classes", ())),
        )
        self._asking = asking
        self._panel.start_from.tell("Looking at it" + (" once the job has ended …" if self._center.busy else " …"))
        self._handle = self._center.submit(job, quiet=True)
        self._handle.finished.connect(self._take)

    @Slot(object)
    def _take(self, last: Finished | Failed) -> None:
        if self.sender() is not self._handle:
            return
        self._handle = None
        start = self._panel.start_from
        if isinstance(last, Failed):
            start.tell(last.message, "error")
            if self._asking:
                start.choose("")
                start.tell(last.message, "error")
            self.failed.emit(last.message, last.detail)
        elif last.stopped:
            start.tell("")
        else:
            self._open(last.result)

    def _open(self, result: dict[str, Any]) -> None:
        entry, start = self._entry, self._panel.start_from
        assert entry is not None
        start.tell(result["fault"] or result["summary"], "error" if result["fault"] else "faint")
        dialog = WeightsMatchDialog(result, entry.title, self._panel.window(), asking=self._asking)
        if self._asking:
            dialog.rejected.connect(lambda: self._put_away(result["fault"]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _put_away(self, fault: str) -> None:
        """Start from nothing; why stays in sight."""
        self._panel.choose_weights("")
        self._panel.start_from.tell(fault, "error")

    def _drop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None and not handle.ended:
            handle.stop()

    @property
    def _entry(self) -> ModelEntry | None:
        return MODELS[self._panel.model] if self._panel.model else None


def _on_disk(entry: ModelEntry | None) -> bool:
    return bool(entry and entry.weights and found(entry.weights, load_settings().mirror))
