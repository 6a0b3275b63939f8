"""The search flow: from the dialog to a job that tries options, its trials back, and the best into the panel."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from biofm_desktop.engine.events import Event, Failed, Finished, Saved
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import TrainJob, TuneJob
from biofm_desktop.engine.jobs.search_folder import Search, read_search, searches
from biofm_desktop.engine.jobs.search_space import Offer, offers, space_of
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.gui.dialogs.search import SearchDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter

from .remembered import Remembered
from .study_flow import StudyFlow

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class SearchFlow(StudyFlow):
    """``planned`` gives the training that the panel's choices mean, for a folder; ``kept`` are the choices of earlier
    trainings, by which the panel takes over the best."""

    def __init__(
        self,
        panel: TrainingPanel,
        center: JobCenter,
        planned: Callable[[Path], TrainJob],
        kept: Remembered,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(panel, center, parent)
        self._planned, self._kept = planned, kept
        self._search: Search | None = None
        self._folder = Path()
        panel.task_changed.connect(self._note_task)

    def set_project(self, project: "Project | None") -> None:
        """Search on this project from now on."""
        super().set_project(project)
        self._search = None

    def _made(self, project: "Project") -> SearchDialog:
        dialog = SearchDialog(project.name, self._panel.window())
        dialog.start_requested.connect(self._start)
        dialog.search_chosen.connect(self._choose)
        dialog.train_requested.connect(self._train_best)
        self._show_all(dialog, project)
        return dialog

    def _show_all(self, dialog: SearchDialog, project: "Project") -> None:
        found = searches(project.runs())
        if self._search is not None and all(each.folder != self._search.folder for each in found):
            found.append(self._search)
        dialog.offer_searches(found, self._search.folder if self._search else None)
        self._show_search(dialog)

    def _show_search(self, dialog: SearchDialog) -> None:
        search = self._search
        dialog.show_search(search)
        if search is None:
            dialog.show_offers(offers(TASKS[self._panel.task]))
            return
        known = offers(TASKS[search.job.task])
        names = {offer.spec.name for offer in known}
        more = [Offer(d.spec, "", usual=False) for d in search.space if d.name not in names]
        dialog.show_offers([*known, *more], search.words, fixed=True)
        dialog.budget.set_values({"trials": search.job.trials, "minutes": search.job.minutes})

    def _note_task(self) -> None:
        """Offer the options of another task, where a new search is being set up."""
        if (
            self._search is None
            and self._handle is None
            and self._panel.task
            and isinstance(self._dialog, SearchDialog)
        ):
            self._dialog.show_offers(offers(TASKS[self._panel.task]))

    def _choose(self, name: str) -> None:
        """Show an earlier search (empty: be ready for a new one)."""
        dialog = self._dialog
        if self._project is None or not isinstance(dialog, SearchDialog) or self._handle is not None:
            return
        try:
            self._search = read_search(Path(name)) if name else None
        except Fault as fault:
            self._search = None
            self._show_all(dialog, self._project)
            self._say(fault.message, "error")
            return
        self._show_all(dialog, self._project)
        more = "Give more trials to let it go on; it learns as it did, whatever the panel says now."
        self._say(more if self._search else "")

    def _start(self, words: tuple[str, ...], budget: dict[str, Any]) -> None:
        job = self._going_on(budget) if self._search is not None else self._new(words, budget)
        if job is not None:
            self._folder = Path(job.out)
            self._submit(job)

    def _going_on(self, budget: dict[str, Any]) -> TuneJob | None:
        assert self._search is not None
        done = len(self._search.trials)
        if self._handle is not None or done >= budget["trials"]:
            self._say(f"It has made {done} trials: give more than that.", "error")
            return None
        return self._search.going_on(**budget)

    def _new(self, words: tuple[str, ...], budget: dict[str, Any]) -> TuneJob | None:
        if not words:
            self._say("Tick at least one option to search.", "error")
            return None
        try:
            space_of(words, TASKS[self._panel.task])
        except Fault as fault:
            self._say(fault.message, "error")
            return None
        plan = self._plan("search", self._planned)
        return TuneJob(**plan.plan, out=plan.out, search=words, **budget) if plan else None

    def _show(self, event: Event) -> None:
        if isinstance(event, Saved) and event.what == "trials":
            self._read(Path(event.path).parent)

    def _show_end(self, last: Finished | Failed) -> None:
        self._read(self._folder)
        if self._project is not None and self._search is not None and isinstance(self._dialog, SearchDialog):
            self._show_all(self._dialog, self._project)

    def _read(self, folder: Path) -> None:
        """Show what a search has found so far; its folder holds it."""
        with suppress(Fault):  # it never began
            found = read_search(folder)
            if found.trials:
                self._search = found
                if isinstance(self._dialog, SearchDialog):
                    self._dialog.show_search(found)

    def _train_best(self) -> None:
        """Let the panel take over the best options, and train with them."""
        try:
            assert self._search is not None
            best = self._search.best_training()
        except Fault as fault:
            self._say(fault.message, "error")
            return
        if best.train_only:
            self._say(
                "It trains only some layers, by --train-only, which the panel cannot: run its best.json.", "error"
            )
            return
        if not self._panel.offers_task(best.task):
            self._say(f"Its task, {TASKS[best.task].title.lower()}, does not fit these data.", "error")
            return
        with suppress(Fault):  # that they cannot be kept for the next start is no reason not to train
            self._kept.keep({"model": best.model, "options": best.task_options}, best.task)
        with suppress(Fault):
            options = {name: value for name, value in best.fit_options.items() if name != "threads"}
            choices = {"options": options, "freeze": list(best.freeze), "weights": best.weights}
            self._kept.keep(choices, best.task, best.model)
        self._panel.choose_task(best.task)
        self._panel.start_requested.emit()
        self._say("The best options are in the training panel, and are being trained with.", "good")
