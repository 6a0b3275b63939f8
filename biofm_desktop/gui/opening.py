"""Opening data away from the window's thread and in a process aside, one at a time."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QMainWindow, QPushButton

from biofm_desktop.engine.opening import Readers, read_aside
from biofm_desktop.engine.project import Project

from .widgets.named import named
from .workers.open_worker import OpenWorker, open_as_set, plain


class Opening(QObject):
    """Opens projects; ``busy_changed`` says in words what is being opened (empty: nothing is).

    Files are read by warm child processes, which a hostile file may end. While something is being opened, a button in
    the status bar (or Esc) cancels it.
    """

    opened = Signal(object)
    refused = Signal(object)
    message = Signal(str)
    busy_changed = Signal(str)

    def __init__(self, parent: QMainWindow) -> None:
        super().__init__(parent)
        self.readers = Readers()
        read_aside(self.readers)
        self._worker: OpenWorker | None = None
        self._name, self._cancelled = "", False
        self.button = named(QPushButton("Cancel"), "opening.cancel", "Cancel opening", "Stop opening this (Esc)")
        self.button.setShortcut(Qt.Key.Key_Escape)
        self.button.clicked.connect(self.cancel)
        self.button.hide()
        parent.statusBar().addPermanentWidget(self.button)

    @property
    def busy(self) -> bool:
        """Say whether something is being opened."""
        return self._worker is not None

    def warm_up(self) -> None:
        """Start a reader, which imports its libraries before something is opened."""
        self.readers.start()

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open these files or this folder."""
        if self._worker is not None:
            self.message.emit("Something is being opened already; wait until it is there.")
            return
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        self._name, self._cancelled = f"{paths[0].name}{more}", False
        self._worker = OpenWorker(paths, self)
        self._worker.opened.connect(self._take)
        self._worker.refused.connect(self._refuse)
        self._worker.finished.connect(self._end)
        self.busy_changed.emit(f"Opening {self._name} …")
        self.button.show()
        self._worker.start()

    def open_now(self, paths: Sequence[Path]) -> None:
        """Open and wait for it."""
        try:
            project = open_as_set(paths)
        except Exception as error:  # noqa: BLE001 - the window shows whatever a reader raises
            self.refused.emit(plain(error, paths))
        else:
            self.opened.emit(project)

    @Slot()
    def cancel(self) -> None:
        """End what is being opened; the window stays as it was."""
        if self._worker is not None:
            self._cancelled = True
            self.readers.cancel()

    def close(self) -> None:
        """End what is being opened and all readers."""
        self.cancel()
        if self._worker is not None:
            self._worker.wait()
        self.readers.close()

    @Slot(object)
    def _take(self, project: Project) -> None:
        if not self._cancelled:  # else it was read before the wish came
            self.opened.emit(project)

    @Slot(object)
    def _refuse(self, error: object) -> None:
        if not self._cancelled:
            self.refused.emit(error)

    @Slot()
    def _end(self) -> None:
        self._worker = None
        self.button.hide()
        self.busy_changed.emit("")
        if self._cancelled:
            self.message.emit(f"Opening {self._name} was cancelled.")
