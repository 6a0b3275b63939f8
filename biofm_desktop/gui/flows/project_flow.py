"""What keeps work safe: saved states, going back, moved data, damage, who holds a project, and where the user was."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QMainWindow

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.checking import relocate
from biofm_desktop.engine.project.database import Damaged
from biofm_desktop.engine.project.generations import Generation, put_back, sound_generations
from biofm_desktop.engine.project.sources import Moved
from biofm_desktop.engine.session import end_session, note_place, stays_up
from biofm_desktop.gui.dialogs.relocate import RelocateDialog
from biofm_desktop.gui.dialogs.restore import RestoreDialog
from biofm_desktop.gui.docks.history import HistoryPanel
from biofm_desktop.gui.workbench import Workbench
from biofm_desktop.gui.workers.call_worker import CallWorker

_MINUTES_BETWEEN = 10
_STABLE_SECONDS = 60


class ProjectFlow(QObject):
    """Looks after the project on the bench. ``picture`` gives what is on the screen, as PNG."""

    message = Signal(str)
    failed = Signal(object)
    failed_in_words = Signal(str, str)
    open_requested = Signal(list)
    holder_changed = Signal(str)

    def __init__(
        self,
        bench: Workbench,
        history: HistoryPanel,
        show_dialog: Callable[[QDialog], None],
        picture: Callable[[], bytes],
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._bench, self._history, self._show, self._picture = bench, history, show_dialog, picture
        self._project: Project | None = None
        self._noted = QTimer(self, singleShot=True, interval=500)
        self._noted.timeout.connect(self._note_place)
        self._saves = QTimer(self, interval=_MINUTES_BETWEEN * 60_000)
        self._saves.timeout.connect(self._save_by_itself)
        self._looks = QTimer(self, interval=2_000)
        self._looks.timeout.connect(self._tell_troubles)
        bench.project_changed.connect(self._set_project)
        bench.current_changed.connect(lambda _: self._noted.start())
        bench.history_changed.connect(history.refresh)
        history.chosen.connect(bench.go_to)
        QTimer.singleShot(_STABLE_SECONDS * 1000, self, stays_up)

    @Slot(object)
    def _set_project(self, project: Project | None) -> None:
        self._leave("closed")
        self._project = project
        self._history.show_project(project)
        self._noted.start()
        holder = project.holder if project is not None else None
        self.holder_changed.emit(holder.words if holder else "")
        for timer in (self._saves, self._looks):
            timer.start() if project is not None else timer.stop()

    def save_state(self) -> None:
        """Make a saved state of what stands now."""
        if self._project is None:
            self.message.emit("There is nothing to save: open data first.")
            return
        self._bench.finish()
        try:
            made = self._project.save("saved", self._picture())
        except Fault as fault:
            self.failed.emit(fault)
        else:
            self.message.emit(f"Saved a state: {made.words}. File, Go back to a saved state, lists them.")

    def restore_state(self) -> None:
        """Let the user choose a saved state to go back to."""
        project = self._project
        if project is None:
            self.message.emit("There is nothing to restore: open data first.")
            return
        words = "Set all labels of this project back to a saved state. This can be undone (Ctrl+Z)."
        dialog = RestoreDialog(project.generations(), words, self._window)
        dialog.chosen.connect(self._bench.restore)
        self._show(dialog)

    def mend(self, error: object) -> bool:
        """Offer what helps against this error of opening; say whether there is something."""
        if isinstance(error, Damaged):
            self._offer_generations(error)
            return True
        if isinstance(error, Moved):
            dialog = RelocateDialog(error, self._window)
            dialog.chosen.connect(lambda room: self._relocate(error.project, room))
            self._show(dialog)
            return True
        return False

    def take_over(self) -> None:
        """Open the project for writing although another program is said to hold it."""
        if self._project is not None:
            folder = self._project.folder
            self._bench.set_project(None)
            try:
                Project.open(folder, by_force=True).close()
            except Fault as fault:
                self.failed.emit(fault)
            self.open_requested.emit([folder])

    def close(self) -> None:
        """Save what was done, let go of the project, and note that all ended well."""
        if self._noted.isActive():
            self._noted.stop()
            self._note_place()
        self._leave("closed")
        self._project = None
        end_session()

    def _leave(self, reason: str) -> None:
        if self._project is None:
            return
        try:
            self._project.save_if_changed(reason, self._picture())
        except Fault as fault:
            self.failed.emit(fault)
        try:
            self._project.close()
        except Fault as fault:
            self.failed.emit(fault)

    def _offer_generations(self, error: Damaged) -> None:
        folder = Path(error.what).parent
        sound = sound_generations(folder)
        if not sound:
            self.failed.emit(error)
            return
        words = f"{error.message}\n\nThe damaged files are kept beside. Which saved state shall take their place?"
        dialog = RestoreDialog(sound, words, self._window)
        dialog.chosen.connect(lambda generation: self._put_back(folder, generation))
        self._show(dialog)

    def _put_back(self, folder: Path, generation: Generation) -> None:
        try:
            kept = put_back(folder, generation)
        except Fault as fault:
            self.failed.emit(fault)
            return
        self.message.emit(f"Restored {generation.words}. The damaged files are in {kept}.")
        self.open_requested.emit([folder])

    def _relocate(self, folder: Path, room: Path) -> None:
        """Look for moved data in a thread: every file of the right size is read."""
        self.message.emit(f"Looking for the data in {room} …")
        worker = CallWorker(lambda: relocate(folder, room))
        worker.returned.connect(lambda _: self.open_requested.emit([folder]))
        worker.failed.connect(self.failed_in_words)
        worker.begin()

    def _note_place(self) -> None:
        note_place(self._project.folder if self._project is not None else None, self._bench.key)

    def _save_by_itself(self) -> None:
        if self._project is not None:
            try:
                self._project.save_if_changed("saved by itself", self._picture())
            except Fault as fault:
                self.failed.emit(fault)

    def _tell_troubles(self) -> None:
        troubles = self._project.troubles if self._project is not None else []
        while troubles:
            self.failed.emit(troubles.pop(0))
