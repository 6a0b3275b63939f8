"""Changes to the training under way, and a look at what a run keeps: the dialogs behind two buttons."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs.mailbox import post
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.gui.dialogs.checkpoints import CheckpointsDialog
from biofm_desktop.gui.dialogs.steer import SteerDialog
from biofm_desktop.gui.docks.training import TrainingPanel


class SteeringFlow(QObject):
    """Asks the training under way (its folder is given by ``running``, None where there is none) for changes.

    ``frozen`` are the patterns of what the user froze on the way (None: nothing was changed).
    """

    checkpoint_wanted = Signal(str, int)
    run_changed = Signal(Path)
    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, panel: TrainingPanel, running: Callable[[], Path | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._running = panel, running
        self.frozen: tuple[str, ...] | None = None
        panel.change_requested.connect(self._change)
        panel.checkpoints_requested.connect(self._show_checkpoints)

    def freeze(self, patterns: tuple[str, ...]) -> None:
        """Let these layers stay as they are from the next step on, and all others learn."""
        self.frozen = patterns
        self.steer({"freeze": list(patterns)})

    def steer(self, change: dict[str, Any]) -> None:
        """Ask the training under way for a change; it tells when it is done."""
        folder = self._running()
        if folder is None or not change:
            return
        try:
            post(folder, {"change": change})
        except Fault as fault:
            self.failed.emit(fault.message, fault.detail)
            return
        self.message.emit("The training changes with its next step")

    def _change(self) -> None:
        """Ask what shall change."""
        if self._running() is not None:
            dialog = SteerDialog(self._panel.window())
            dialog.accepted.connect(lambda: self.steer(dialog.change()))
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    def _show_checkpoints(self, folder: str) -> None:
        if folder:
            task = TASKS[self._panel.task] if self._panel.task else None
            dialog = CheckpointsDialog(Path(folder), task.metric if task else "", self._panel.window())
            dialog.show_wanted.connect(self.checkpoint_wanted)
            dialog.changed.connect(lambda name: self.run_changed.emit(Path(name)))
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()
