"""The training flow: from the training panel to a job in the child, and its events back to the plots."""

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from biofm_desktop.engine.events import Changed, Event, Failed, Finished, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, TrainJob
from biofm_desktop.engine.jobs.earlier_runs import pretrained
from biofm_desktop.engine.models import MODELS, ModelEntry
from biofm_desktop.engine.runners import needs_team, thread_count
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.engine.tasks.suggested import suggested
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.call_worker import CallWorker
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .augmentation_flow import AugmentationFlow
from .classes_flow import ClassesFlow
from .layers_flow import Asked, LayersFlow, Wanted
from .leaks_flow import LeaksFlow
from .pretrain_flow import PretrainFlow
from .preview_flow import PreviewFlow
from .remembered import Remembered
from .run_status import RunStatus
from .runs import MODEL, clear_folder, data_of, finished, folder_of, read_curves, to_go_on
from .steering_flow import SteeringFlow
from .studies import Studies
from .weights_flow import WeightsFlow

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project

_STATES = {"waiting": "Waiting for another job to end", "paused": "Paused", "stopping": "Stopping: saving …"}


class TrainingFlow(QObject):
    """Wires the training panel, the plots, the freeze dialog and the job center."""

    run_finished = Signal(Path)
    background_wanted = Signal(object, str)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self, panel: TrainingPanel, plots: PlotsPanel, center: JobCenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._plots, self._center = panel, plots, center
        self._project: Project | None = None
        self._handle: JobHandle | None = None
        self._begun: list[JobHandle] = []
        self._status, self._kept = RunStatus(), Remembered()
        self._frozen: tuple[str, ...] = ()
        self._layers = LayersFlow(center, self)
        self.weights = WeightsFlow(panel, center, self._layers, self)
        self.leaks = LeaksFlow(panel, center, self)
        self.steering = SteeringFlow(
            panel, lambda: folder_of(self._handle.job) if self.running and self._handle else None, self
        )
        self.classes = ClassesFlow(panel, center, self)
        self.augmentation = AugmentationFlow(panel, center, lambda: self._handle if self.running else None, self)
        self.studies = Studies(panel, center, self._job, self._kept, self)
        self.pretraining = PretrainFlow(panel, center, self)
        self.previews = PreviewFlow(plots.previews, self._kept, self)
        self._flows = (
            self.weights,
            self.leaks,
            self.classes,
            self.augmentation,
            self.studies,
            self.pretraining,
            self.previews,
        )
        self._connect()

    # The project

    def set_project(self, project: "Project | None") -> None:
        """Offer what fits the project's data."""
        self._project = project
        self._layers.forget()
        for flow in self._flows:
            flow.set_project(project)
        kind = project.dataset.kind if project else None
        tasks = [task for task in TASKS if task.takes is kind]
        self._panel.offer_tasks(tasks, suggested(project.dataset, tasks) if project else "")
        self._list_runs()
        if not self.running:
            self._plots.clear()
            self.previews.clear()
            self._panel.show_status("" if project else "Open data first.")
        self._choose_task(self._panel.task)

    def open_run(self, folder: Path) -> None:
        """Draw the curves of a finished run: alone, or over those of the training under way."""
        self._read_run(folder, alone=not self.running)
        if not self.running:
            self.previews.show_run(folder)

    def refresh_runs(self) -> None:
        """List the runs anew: one was made elsewhere."""
        self._list_runs()

    @property
    def handle(self) -> JobHandle | None:
        """Return the training that is shown: the one under way, or the latest."""
        return self._handle

    @property
    def running(self) -> bool:
        """Say whether it is under way."""
        return self._handle is not None and not self._handle.ended

    # Choices

    def _choose_task(self, name: str) -> None:
        kind = TASKS[name] if name else None
        kept = self._kept.get(name)
        self._panel.set_task_options(kind)
        if self._panel.task_form is not None:
            self._panel.task_form.set_values(kept.get("options", {}))
        self._offer_models(kept.get("model", ""))
        self._choose_model(self._panel.model)

    def _offer_models(self, chosen: str, weights: str | None = None) -> None:
        kind = TASKS[self._panel.task] if self._panel.task else None
        models = [entry for entry in MODELS if kind and entry.takes is kind.takes and entry.grain is kind.grain]
        runs = pretrained(self._project.runs()) if self._project else []
        if weights is None:
            weights = self._kept.get(self._panel.task, chosen).get("weights", "")
        self._panel.offer_models(models, chosen, runs, weights)

    def _choose_model(self, name: str) -> None:
        entry = MODELS[name] if name else None
        kept = self._kept.get(self._panel.task, name)
        self._panel.fit_form.reset()
        self._panel.fit_form.set_values({"device": load_settings().device, **kept.get("options", {})})
        self.weights.offer(entry, self._panel.pretrained or self._panel.no_pretrained(kept.get("weights", "")))
        self._frozen = tuple(kept.get("freeze", ()))
        self._panel.show_frozen(" ")
        wanted = Wanted(self._panel.task, name, data_of(self._project)) if self._project and name else None
        self._layers.want(wanted)
        self._show_state()

    @property
    def _entry(self) -> ModelEntry | None:
        return MODELS[self._panel.model] if self._panel.model else None

    def _choose_layers(self) -> None:
        entry = self._entry
        if entry is None:
            return
        options: dict[str, Any] = {}
        with contextlib.suppress(Fault):
            options = self._panel.fit_form.values()
        frozen = self._frozen if not self.running or self.steering.frozen is None else self.steering.frozen
        asked = Asked(frozen, entry.title, options, running=self.running)
        if not self._layers.ask(asked, self._panel.window()):
            self.message.emit("Reading the layers of the model" + (" once the job has ended" if self.running else ""))

    def _freeze(self, patterns: tuple[str, ...], options: dict[str, Any]) -> None:
        if self.running:
            self.steering.freeze(patterns)
            return
        self._frozen = patterns
        self._panel.fit_form.set_values(options)
        self._show_layers()

    def _freeze_all_but_head(self) -> None:
        if not self.running:
            self._freeze(self._layers.all_but_head(), {})

    def _show_layers(self) -> None:
        self._panel.show_frozen(self._layers.summary(self._frozen) or " ")

    def _show_unknown_layers(self, words: str, detail: str) -> None:
        self._panel.show_frozen(words)
        if detail:
            self.failed.emit(words, detail)

    # The training

    def _start(self, *, background: bool = False) -> None:
        """Train with the choices: at once, once what runs and waits has ended, or in the background."""
        if self._project is None or not self._panel.model:
            return
        if not self._panel.check():
            self._panel.show_status("Correct the marked options first.", "error")
            return
        try:
            background = needs_team(self._job(Path())) or background  # devices that make no sense leave no folder
            job = self._job(self._project.new_run_folder(self._panel.model))
            self._keep(job)
        except Fault as fault:
            self._panel.show_status(fault.message, "error")
            self.failed.emit(fault.message, fault.detail)
            return
        title = f"Train {MODELS[job.model].title} on {self._project.name}"
        if background:
            self.background_wanted.emit(job, title)
        else:
            self._submit(job, title)

    def _go_on(self, name: str, epochs: int) -> None:
        """Go on with an earlier run, its curves drawn on."""
        job, title = ContinueJob(run_folder=name, epochs=epochs), f"Go on with {Path(name).name}"
        if not self.running:
            self.background_wanted.emit(job, title) if needs_team(job) else self._submit(job, title)

    def _submit(self, job: TrainJob | ContinueJob, title: str) -> None:
        idle = self._center.asked is None and not (self._center.waiting and not self._center.held)
        handle = self._center.submit(job, title=title)
        if idle:
            self._center.run_next(handle)  # a queue that is paused is no reason to let the user wait
        if not self.running:
            self._follow(handle)
        elif handle is not self._handle:
            self.message.emit(f"{title}: {len(self._center.waiting)} in the queue now, in the Jobs panel")

    # The trainings: one is shown, the others are in the jobs panel

    def _adopt(self, handle: JobHandle) -> None:
        """Take part in a training that was handed in, wherever that was."""
        if not getattr(handle.job, "trains", False):
            return
        handle.events_arrived.connect(lambda events: self._take(events) if handle is self._handle else None)
        handle.state_changed.connect(lambda _: self._note_state(handle))
        handle.finished.connect(lambda last: self._end(handle, last))

    def _note_state(self, handle: JobHandle) -> None:
        if handle.state in ("starting", "running", "paused") and handle not in self._begun:
            self._begun.append(handle)
            if handle is not self._handle and not (handle.background and self.running):
                self._follow(handle)
        self._show_state()

    def show_job(self, handle: JobHandle) -> None:
        """Show a training of the jobs panel: its curves, and where it stands."""
        if handle.ended or handle.state == "waiting":
            self.open_run(folder_of(handle.job))
        elif getattr(handle.job, "trains", False) and handle is not self._handle:
            self._follow(handle)

    def _follow(self, handle: JobHandle) -> None:
        """Show this training from now on."""
        self._handle, self._status, self.steering.frozen = handle, RunStatus(), None
        folder, curves = folder_of(handle.job), None
        if isinstance(handle.job, ContinueJob) or handle.events:  # a handle keeps no steps, the folder does
            with contextlib.suppress(Fault):  # it broke off before its first event was kept
                curves = read_curves(folder)
        self._plots.begin_run(str(folder), folder.name, curves)
        self.previews.begin_run(folder, go_on=curves is not None)
        self._status.take(handle.events)
        if curves is None:
            self._plots.take(handle.events)
        self._panel.show_status(self._words())
        self._show_state()

    def _words(self) -> str:
        """Return what the training shown is doing, and how many wait."""
        words = self._status.text()
        if self.running and self._handle is not None:
            words = _STATES.get(self._handle.state, words)
        waiting = [handle for handle in self._center.waiting if handle is not self._handle]
        paused = ", which is paused" if self._center.held else ""
        queued = f"{len(waiting)} more in the queue{paused}" if waiting else ""
        return "\n".join(part for part in (words, queued) if part)

    def _job(self, out: Path) -> TrainJob:
        assert self._project is not None
        panel, fit = self._panel, self._panel.fit_form.values()
        fit["threads"] = fit["threads"] or max(1, thread_count() - 1)  # one core is the window's
        return TrainJob(
            task=panel.task,
            data=data_of(self._project),
            model=panel.model,
            out=str(out),
            task_options=panel.task_form.values() if panel.task_form else {},
            fit_options=fit,
            freeze=self._frozen,
            weights=panel.weights,
            pinned=self.previews.pinned,
        )

    def _keep(self, job: TrainJob) -> None:
        """Remember the choices; that they cannot be kept is no reason not to train."""
        form = self._panel.task_form
        with contextlib.suppress(Fault):
            self._kept.keep({"model": job.model, "options": form.changed_values() if form else {}}, job.task)
            values = {"options": self._panel.fit_form.changed_values(), "freeze": list(job.freeze)}
            self._kept.keep({**values, "weights": job.weights}, job.task, job.model)

    def _take(self, events: list[Event]) -> None:
        self._status.take(events)
        self._plots.take(events)
        self.previews.take(events)
        self._tell_warnings(events)
        self._panel.show_progress(self._status.share)
        self._panel.show_status(self._words())

    def _tell_warnings(self, events: list[Event]) -> None:
        """Pass on what the training warns of, other than the problems that were told when the data were opened."""
        known = {str(problem) for problem in self._project.dataset.problems} if self._project else set()
        for event in events:
            if isinstance(event, Warned) and event.message not in known:
                self.message.emit(event.message)
            elif isinstance(event, Changed):
                self.message.emit(f"Changed after step {event.step}: {event.words}")

    def _end(self, handle: JobHandle, last: Finished | Failed) -> None:
        folder = folder_of(handle.job)
        self._list_runs()
        if handle is self._handle:
            self._panel.show_status(self._words(), "error" if isinstance(last, Failed) else "good")
        if isinstance(last, Failed):
            self.failed.emit(last.message, last.detail)
        elif (folder / MODEL).is_file():
            self.message.emit(f"{last.message}. The run is in {folder}")
            if self._project is not None and folder in self._project.runs():
                self.run_finished.emit(folder)
        else:
            clear_folder(handle)

    def _pause(self) -> None:
        if self._handle is not None:
            self._status.forget_rate()
            self._handle.resume() if self._handle.state == "paused" else self._handle.pause()

    def _copy_command(self) -> None:
        assert self._project is not None
        planned = self._project.folder / "runs" / f"{self._panel.model}-by-hand"
        try:
            job = self._handle.job if self.running and self._handle else self._job(planned)
        except Fault as fault:
            self._panel.check()
            self._panel.show_status(fault.message, "error")
            return
        QGuiApplication.clipboard().setText(shlex.join(job.command()))
        self.message.emit("The command line is on the clipboard")

    # What is shown

    def _show_state(self) -> None:
        self.augmentation.show_running()
        ready = bool(self._project and self._panel.model)
        self._panel.show_start(ready=ready, queue=self._center.busy)
        if self.running and self._handle:
            self._panel.show_state(self._handle.state)
            self._panel.show_status(self._words())
        else:
            self._panel.show_state("ready" if ready else "empty")

    def _list_runs(self) -> None:
        runs = finished(self._project.runs()) if self._project else []
        self._panel.offer_runs(runs)
        self._offer_models(self._panel.model, self._panel.weights)
        self._panel.offer_continuing(to_go_on(self._project.runs()) if self._project else [])
        self._plots.set_runs(runs)

    def _read_run(self, folder: Path, *, alone: bool) -> None:
        worker = CallWorker(lambda: read_curves(folder))
        worker.returned.connect(lambda curves: self._plots.show_run(str(folder), curves, alone=alone))
        worker.failed.connect(self.failed)
        worker.begin()

    def _connect(self) -> None:
        panel = self._panel
        panel.task_changed.connect(self._choose_task)
        panel.model_changed.connect(self._choose_model)
        panel.freeze_requested.connect(self._choose_layers)
        panel.start_requested.connect(self._start)
        panel.background_requested.connect(lambda: self._start(background=True))
        self._center.job_added.connect(self._adopt)
        self._center.queue_changed.connect(self._show_state)
        panel.pause_requested.connect(self._pause)
        panel.stop_requested.connect(lambda: self._handle.stop() if self._handle else None)
        panel.command_requested.connect(self._copy_command)
        self.steering.run_changed.connect(self.run_finished)
        self.steering.failed.connect(self.failed)
        self.steering.message.connect(self.message)
        panel.continue_requested.connect(self._go_on)
        panel.run_chosen.connect(lambda name: self.open_run(Path(name)) if name else None)
        self._plots.run_wanted.connect(lambda name: self._read_run(Path(name), alone=False))
        self._plots.failed.connect(self.failed)
        self._layers.known.connect(self._show_layers)
        self._layers.chosen.connect(self._freeze)
        self._layers.failed.connect(self._show_unknown_layers)
        self.classes.head_only_wanted.connect(self._freeze_all_but_head)
        for flow in self._flows:
            flow.failed.connect(self.failed)
            flow.message.connect(self.message)
