"""Opening data away from the window's thread, one at a time."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.project import Project

from .workers.open_worker import OpenWorker, plain


class Opening(QObject):
    """Opens projects; ``busy_changed`` says in words what is being opened (empty: nothing is)."""

    opened = Signal(object)
    refused = Signal(object)
    message = Signal(str)
    busy_changed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._worker: OpenWorker | None = None

    @property
    def busy(self) -> bool:
        """Say whether something is being opened."""
        return self._worker is not None

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open these files or this folder."""
        if self._worker is not None:
            self.message.emit("Something is being opened already; wait until it is there.")
            return
        self._worker = OpenWorker(paths, self)
        self._worker.opened.connect(self.opened)
        self._worker.refused.connect(self.refused)
        self._worker.finished.connect(self._end)
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        self.busy_changed.emit(f"Opening {paths[0].name}{more} …")
        self._worker.start()

    def open_now(self, paths: Sequence[Path]) -> None:
        """Open and wait for it."""
        try:
            project = Project.for_data(paths)
        except Exception as error:  # noqa: BLE001 - the window shows whatever a reader raises
            self.refused.emit(plain(error, paths))
        else:
            self.opened.emit(project)

    def close(self) -> None:
        """Wait for what is being opened, and forget it."""
        if self._worker is not None:
            self._worker.wait()

    @Slot()
    def _end(self) -> None:
        self._worker = None
        self.busy_changed.emit("")
