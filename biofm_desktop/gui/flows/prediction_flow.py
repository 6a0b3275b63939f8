"""The prediction flow: from the predictions panel to a job in the child, and its predictions back."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import Event, Failed, Finished, Preview
from biofm_desktop.engine.exports import export, fitting
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import PredictJob
from biofm_desktop.engine.predictions import Prediction
from biofm_desktop.engine.project.prediction_store import LINES, read_predictions
from biofm_desktop.engine.samples import ImageSample, Sample
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.gui.docks.export import ExportPanel
from biofm_desktop.gui.docks.predictions import FOLDER, SAMPLE, UNLABELLED, PredictionsPanel
from biofm_desktop.gui.workers.call_worker import CallWorker
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .runs import data_of, finished

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class PredictionFlow(QObject):
    """Wires the predictions panel, the export panel and the job center."""

    show_sample = Signal(str)
    predictions_arrived = Signal(list)
    accept_requested = Signal(list)
    run_changed = Signal(str)
    exported = Signal(list)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self, panel: PredictionsPanel, export: ExportPanel, center: JobCenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._export, self._center = panel, export, center
        self._project: Project | None = None
        self._key, self._run, self._extra = "", "", list[Path]()
        self._handle: JobHandle | None = None
        self._predictions: dict[str, Prediction] = {}
        self._foreign, self._asked = False, tuple[str, ...]()
        self._connect()

    def set_project(self, project: "Project | None") -> None:
        """Predict on this project's samples from now on."""
        self._project, self._key, self._run, self._extra = project, "", "", []
        self._panel.show_status("")
        self._list_runs()
        self._run, self._asked = self._panel.run, ()
        self._forget()
        self.run_changed.emit(self._run)

    def set_run(self, folder: Path) -> None:
        """Predict with this run from now on."""
        if self._project is None or folder.parent != self._project.folder / "runs":
            self._extra = [folder]
        self._list_runs(str(folder))
        self._choose_run(self._panel.run)

    def predict_with(self, folder: str, epoch: int) -> None:
        """Predict the sample on view with a checkpoint of a run."""
        if self._running or not self._key:
            self.message.emit("Show a sample first" if not self._key else "Wait until the present prediction has ended")
            return
        self.set_run(Path(folder))
        self._panel.choose_scope(SAMPLE)
        self._start(epoch)

    def set_current_key(self, key: str) -> None:
        """Note which sample is shown."""
        self._key = key
        if not self._foreign:
            self._panel.mark(key)

    def refresh_labels(self) -> None:
        """Compare the predictions with the project's labels as they are now."""
        samples = () if self._project is None or self._foreign else self._project.dataset.samples
        classes = all(sample.target is None or isinstance(sample.target, str) for sample in samples)
        masks = any(isinstance(sample, ImageSample) and sample.mask is not None for sample in samples)
        labels = {sample.key: _label(sample) for sample in samples}
        self._panel.set_labels(labels, comparable=classes and not masks)

    @property
    def predictions(self) -> list[Prediction]:
        """Return the predictions in the table."""
        return list(self._predictions.values())

    @property
    def handle(self) -> JobHandle | None:
        """Return the latest prediction job that was started here."""
        return self._handle

    def _list_runs(self, chosen: str = "") -> None:
        runs = finished(self._project.runs()) if self._project else []
        self._panel.offer_runs([*runs, *self._extra], chosen)

    def _choose_run(self, folder: str) -> None:
        if folder != self._run:
            self._run = folder
            self._forget()
            self.run_changed.emit(folder)
        self._panel.show_state(running=self._running)

    @property
    def _running(self) -> bool:
        return self._handle is not None and not self._handle.ended

    def _forget(self) -> None:
        """Drop the predictions: they are of another model or of other data."""
        self._predictions.clear()
        self._foreign = False
        self._panel.clear()
        self.refresh_labels()
        self._offer_exports()

    # Predicting

    def _start(self, epoch: int = 0) -> None:
        if self._project is None or not self._panel.run or self._running:
            return
        try:
            job = self._job(self._project)
        except Fault as fault:
            self._panel.show_status(fault.message, "error")
            self.failed.emit(fault.message, fault.detail)
            return
        if job is None:
            return
        self._submit(replace(job, checkpoint=epoch), self._project.name, foreign=self._panel.scope == FOLDER)

    def predict_these(self, keys: list[str]) -> None:
        """Predict these samples of the project, after what is being predicted."""
        if self._running:
            self._asked = tuple(keys)
        elif self._project is not None and self._panel.run and keys:
            self._asked = ()
            try:
                job = self._job_for(self._project, data_of(self._project), tuple(keys))
            except Fault as fault:
                self.failed.emit(fault.message, fault.detail)
                return
            self._submit(job, self._project.name, foreign=False)

    def _submit(self, job: PredictJob, name: str, *, foreign: bool) -> None:
        if foreign or self._foreign:
            self._forget()
            self._foreign = foreign
        self.refresh_labels()
        handle = self._handle = self._center.submit(job, title=f"{job.title} on {name}")
        handle.events_arrived.connect(self._take)
        handle.finished.connect(self._end)
        self._panel.show_status("Starting")
        self._panel.show_progress(None)
        self._panel.show_state(running=True)

    def _job(self, project: "Project") -> PredictJob | None:
        """Return the job that the panel asks for; None where it asks for nothing, which the panel then says."""
        keys: tuple[str, ...] = ()
        match self._panel.scope:
            case name if name == SAMPLE:
                keys = (self._key,) if self._key else ()
                lacking = "Show a sample first."
            case name if name == UNLABELLED:
                keys = tuple(sample.key for sample in project.dataset if not sample.labelled)
                lacking = "Every sample has a label. Choose all samples to predict them too."
            case _:
                lacking = ""
        if lacking and not keys:
            self._panel.show_status(lacking, "error")
            return None
        inputs = (self._panel.folder,) if self._panel.scope == FOLDER else data_of(project)
        return self._job_for(project, inputs, keys)

    def _job_for(self, project: "Project", inputs: tuple[str, ...], keys: tuple[str, ...]) -> PredictJob:
        run = Path(self._panel.run)
        return PredictJob(
            run_folder=str(run),
            inputs=inputs,
            out=str(project.new_prediction_folder(run.name.split("-", 4)[-1])),
            keys=keys,
            device=load_settings().device,
        )

    @Slot(object)
    def _take(self, events: list[Event]) -> None:
        self._panel.add_previews([event for event in events if isinstance(event, Preview)])
        if self._handle is not None:
            self._panel.show_progress(self._handle.share)
            self._panel.show_status(self._handle.message)

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        assert self._handle is not None
        job = self._handle.job
        assert isinstance(job, PredictJob)
        self._panel.show_state(running=False)
        self._panel.show_status(last.message, "error" if isinstance(last, Failed) else "good")
        if isinstance(last, Failed):
            self.failed.emit(last.message, last.detail)
        if (Path(job.out) / LINES).is_file():
            run, project = self._run, self._project
            worker = CallWorker(lambda: read_predictions(Path(job.out)))
            worker.returned.connect(
                lambda made: self._show(made) if (run, project) == (self._run, self._project) else 0
            )
            worker.failed.connect(self.failed)
            worker.begin()
        if self._asked:
            self.predict_these(list(self._asked))

    def _show(self, predictions: list[Prediction]) -> None:
        """Add predictions to those of the same model, and hand them on."""
        self._predictions.update({prediction.key: prediction for prediction in predictions})
        self._panel.show_predictions(self.predictions)
        self._offer_exports()
        if self._foreign:
            self.message.emit("These are predictions of another folder: export them, or open the folder to look at it")
        else:
            self.predictions_arrived.emit(predictions)

    # Exporting

    def _offer_exports(self) -> None:
        base = self._project.folder / "exports" if self._project else None
        self._export.offer(fitting(self.predictions), len(self._predictions), base)

    def _write(self, name: str, path: str) -> None:
        predictions = self.predictions
        told = self._project.dataset.problems_of({said.key for said in predictions}) if self._project else ()
        problems = [str(problem) for problem in told]
        facts = {"run": self._run, "data": self._project.name if self._project else "", "problems": problems}
        worker = CallWorker(lambda: export(predictions, name, Path(path).expanduser(), facts=facts))
        worker.returned.connect(self._show_written)
        worker.returned.connect(lambda paths: self._note_export(paths, name))
        worker.failed.connect(self._show_unwritten)
        self._export.show_busy(True)
        worker.begin()

    def _show_written(self, paths: list[Path]) -> None:
        words = f"Written: {paths[0]}" if len(paths) == 1 else f"{len(paths)} files written into {paths[0].parent}"
        self._export.show_busy(False)
        self._export.show_result(words, "good", str(paths[0].parent))
        self.exported.emit(paths)
        self.message.emit(words)

    def _note_export(self, paths: list[Path], name: str) -> None:
        """Note it in the project's logs; the files stand whether that succeeds or not."""
        if self._project is None or not paths:
            return
        run = self._run
        try:
            self._project.note_export(paths[0].parent, format=name, files=len(paths), run=run)
        except Fault as fault:
            self.failed.emit(fault.message, fault.detail)

    def _show_unwritten(self, words: str, _: str) -> None:
        self._export.show_busy(False)
        self._export.show_result(words, "error")

    def _tell_sample(self, key: str) -> None:
        if not self._foreign:
            self.show_sample.emit(key)

    def _accept(self, keys: list[str]) -> None:
        if self._foreign:
            self._panel.show_status("These samples are not in the project. Open their folder to label them.", "error")
            return
        self.accept_requested.emit(keys)
        self.refresh_labels()

    def _stop(self) -> None:
        if self._handle is not None:
            self._handle.stop()

    def _connect(self) -> None:
        self._panel.start_requested.connect(self._start)
        self._panel.stop_requested.connect(self._stop)
        self._panel.run_chosen.connect(self._choose_run)
        self._panel.show_sample.connect(self._tell_sample)
        self._panel.accept_requested.connect(self._accept)
        self._export.export_requested.connect(self._write)


def _label(sample: Sample) -> str:
    """Return what the data says of a sample, in a few words (empty: nothing)."""
    if sample.target is not None:
        return f"{sample.target:.4g}" if isinstance(sample.target, float) else str(sample.target)
    return "mask" if isinstance(sample, ImageSample) and sample.mask is not None else ""
