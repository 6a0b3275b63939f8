"""A worker: opens data and finds its project, away from the window's thread."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.settings import load_settings


class OpenWorker(QThread):
    """Opens the project of some paths; gives the `Project`, or the exception that says why not."""

    opened = Signal(object)
    refused = Signal(object)

    def __init__(
        self,
        paths: Sequence[Path],
        parent: QObject | None = None,
        open_project: Callable[[Sequence[Path]], Project] | None = None,
    ) -> None:
        super().__init__(parent)
        self.paths, self._open = tuple(paths), open_project or open_as_set

    def run(self) -> None:
        """Open (in the thread)."""
        try:
            project = self._open(self.paths)
        except Exception as error:  # noqa: BLE001 - the window shows whatever a reader raises
            self.refused.emit(plain(error, self.paths))
        else:
            self.opened.emit(project)


def open_as_set(paths: Sequence[Path]) -> Project:
    """Open the project of some paths; a new one copies its data where the user's settings say so."""
    return Project.for_data(paths, copy=load_settings().copy_data)


def plain(error: Exception, paths: Sequence[Path]) -> Fault:
    """Return the error as a `Fault`, in the reader's words where it is none."""
    if isinstance(error, Fault):
        return error
    what = paths[0] if paths else "data"
    fault = Fault(what, f"it cannot be opened ({type(error).__name__}: {error})", "Check that the file is complete")
    fault.__cause__ = error
    return fault
