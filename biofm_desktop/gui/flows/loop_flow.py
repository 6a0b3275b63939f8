"""The loop: correct, let the model learn it in the background, look at the next proposed sample."""

import shutil
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.events import EpochDone, Event, Failed, Finished, StepDone, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import RetrainJob
from biofm_desktop.engine.project.edits import Edit
from biofm_desktop.engine.project.rounds import Rounds
from biofm_desktop.engine.runners import thread_count
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.gui.docks.label_next import LabelNextPanel
from biofm_desktop.gui.workbench import Workbench
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .runs import MODEL, data_of
from .suggest_flow import SuggestFlow


class LoopFlow(QObject):
    """Collects corrections; at the user's key a short retraining learns them while the user goes on.

    ``began`` gives the handle of each. When it has ended, ``run_made`` gives the new run; new samples are proposed, and
    ``predict_requested`` asks for what it says of them and of the corrected ones. ``status_changed`` says in a few
    words what goes on.
    """

    show_sample = Signal(str)
    began = Signal(object)
    run_made = Signal(Path)
    run_left = Signal(Path)
    predict_requested = Signal(list)
    status_changed = Signal(str)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(
        self,
        panel: LabelNextPanel,
        bench: Workbench,
        suggest: SuggestFlow,
        center: JobCenter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel, self._bench, self._suggest, self._center = panel, bench, suggest, center
        self._rounds = Rounds()
        self._handle: JobHandle | None = None
        self._numbers, self._known = frozenset[int](), 0
        self._again = self._wants_next = self._dropped = False
        self._learnt: list[str] = []
        bench.history_changed.connect(self._look)
        suggest.proposed.connect(self._take_proposals)

    # What the window tells

    def set_project(self) -> None:
        """Begin anew with the project on the bench."""
        if self.running and self._handle is not None:
            self._dropped = True
            self._handle.stop()
        self._rounds.begin("", ())
        self._again = self._wants_next = False
        self._say("")

    def set_run(self, folder: str) -> None:
        """Learn on top of this run from now on."""
        if folder != self._rounds.run:
            self._rounds.begin(folder, self._edits())
        self._look()

    @property
    def handle(self) -> JobHandle | None:
        """Return the latest retraining that was started here."""
        return self._handle

    @property
    def running(self) -> bool:
        """Say whether corrections are being learnt."""
        return self._handle is not None and not self._handle.ended

    @property
    def waiting(self) -> list[str]:
        """Return the corrected samples that are not learnt and not being learnt."""
        found = self._rounds.waiting(self._edits())
        return [key for key, numbers in found.items() if self._labelled(key) and not numbers <= self._in_flight]

    # What the keys do

    def show_next(self) -> None:
        """Show the next proposed sample; propose some first where there are none."""
        key = self._suggest.next_key()
        if key:
            self._wants_next = False
            self.show_sample.emit(key)
            return
        self._wants_next = True
        if not self._rounds.run:
            self._wants_next = False
            self.message.emit("Train a model first: it proposes what to label next.")
        elif not self._suggest.running and not self.running:
            self._suggest.start()

    def accept(self) -> None:
        """Keep the model's answer as the label and go on to the next proposed sample."""
        if self._bench.prediction is None:
            self.message.emit("The model has not said anything of this sample yet. Predict it first.")
            return
        self._bench.accept()
        self.show_next()

    def learn(self) -> None:
        """Let the model learn what was corrected, and go on to the next proposed sample."""
        self._bench.finish()
        if not self._rounds.run:
            self.message.emit("Train a model first: then it learns your corrections.")
            return
        if self.running:
            self._again = bool(self.waiting)
        elif self.waiting:
            self._start()
        else:
            self.message.emit("Nothing new to learn: correct a label, or keep the model's answer (K).")
        self.show_next()
        self._look()

    # Learning

    def _start(self) -> None:
        project, keys = self._bench.project, self.waiting
        if project is None or not keys:
            return
        edits, found = self._edits(), self._rounds.waiting(self._edits())
        base = Path(self._rounds.run)
        try:
            out = project.new_run_folder(f"{_model_of(base)}-corrected")
        except Fault as fault:
            self.failed.emit(fault.message, fault.detail)
            return
        self._again = self._dropped = False
        self._numbers = frozenset().union(*(found[key] for key in keys))
        self._known = edits[-1].number
        job = RetrainJob(
            run_folder=str(base),
            data=data_of(project),
            out=str(out),
            only=tuple(keys),
            replay=self._panel.replay,
            device=load_settings().device,
            threads=max(1, thread_count() - 1),  # one core is the window's
        )
        handle = self._handle = self._center.submit(job, title=f"{job.title} in {project.name}")
        handle.events_arrived.connect(self._take)
        handle.finished.connect(self._end)
        self.began.emit(handle)
        self._look()

    @Slot(object)
    def _take(self, events: list[Event]) -> None:
        if self.sender() is not self._handle or self._handle is None or self._handle.ended:
            return
        for event in events:
            if isinstance(event, StepDone | EpochDone):
                self._say(f"{self._learning()}: {self._handle.message}")
            elif isinstance(event, Warned) and "fell from" in event.message:
                self.message.emit(event.message)

    @Slot(object)
    def _end(self, last: Finished | Failed) -> None:
        handle = self._handle
        if handle is None or self.sender() is not handle:
            return
        job = handle.job
        assert isinstance(job, RetrainJob)
        whole = isinstance(last, Finished) and not last.stopped and (Path(job.out) / MODEL).is_file()
        if self._dropped:
            shutil.rmtree(job.out, ignore_errors=True)  # the user took back what it learnt
        elif whole:
            self._rounds.learnt(job.out, self._numbers, self._known)
            self._learnt = list(job.only)
            self.message.emit(last.message)
            self.run_made.emit(Path(job.out))
        elif isinstance(last, Failed) and last.refused:
            self.message.emit(last.message)
        elif isinstance(last, Failed):
            self.failed.emit(last.message, last.detail)
        self._numbers = frozenset()
        self._look(last.message if whole or isinstance(last, Failed) else "", isinstance(last, Failed))
        if self._again and self.waiting:
            self._start()
        elif whole and not self._dropped:
            self._suggest.start()

    def _take_proposals(self, keys: list[str]) -> None:
        """Ask what the model says of the proposed samples, and of those that it has just learnt."""
        asked = list(dict.fromkeys([*self._learnt, *keys]))
        self._learnt = []
        if asked:
            self.predict_requested.emit(asked)
        if self._wants_next and keys:
            self.show_next()

    # What the history says

    @Slot()
    def _look(self, words: str = "", fault: bool = False) -> None:
        """Follow what was done and undone, and say what waits."""
        edits = self._edits()
        if self.running and not self._numbers <= {edit.number for edit in edits} and not self._dropped:
            assert self._handle is not None
            self._dropped = True
            self._handle.stop()
            self.message.emit("A correction was taken back: what was being learnt is dropped.")
        back = self._rounds.go_back(edits)
        if back:
            self.message.emit(f"A correction was taken back: the model is {Path(back).name} again, from before it.")
            self.run_left.emit(Path(back))
        waits = len(self.waiting)
        if self.running:
            self._say(self._learning() + (f" · {waits} more wait" if waits else ""))
        elif waits:
            self._say(f"{_counted(waits)} not learnt yet: L learns {'it' if waits == 1 else 'them'}")
        else:
            self._say(words, "error" if fault else "good" if words else "", lasting=False)

    @property
    def _in_flight(self) -> frozenset[int]:
        return self._numbers if self.running and not self._dropped else frozenset()

    def _edits(self) -> list[Edit]:
        return self._bench.project.history[0] if self._bench.project is not None else []

    def _labelled(self, key: str) -> bool:
        assert self._bench.project is not None
        try:
            return self._bench.project.sample(key).labelled
        except KeyError:
            return False

    def _learning(self) -> str:
        job = self._handle.job if self._handle else None
        return f"Learning {_counted(len(job.only))}" if isinstance(job, RetrainJob) else ""

    def _say(self, words: str, role: str = "", *, lasting: bool = True) -> None:
        """Say it in the panel, and where it is ``lasting`` in the window's status line."""
        self._panel.show_loop(words, role)
        self.status_changed.emit(words if lasting else "")


def _counted(count: int) -> str:
    return f"{count} corrections" if count != 1 else "1 correction"


def _model_of(run: Path) -> str:
    """Return the part of a run folder's name that names its model, without what earlier rounds added to it."""
    return run.name.split("-", 4)[-1].removesuffix("-corrected")
