"""Asked when the window is closed while something runs."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QWidget

from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import plain_label

_GO_ON = Choice(
    "closing.background",
    "Go on in the background",
    "Close the window and let it train on in a process of its own; the next start finds it again",
)


class ClosingDialog(QDialog):
    """Offers to stop and save, or to stay; accepted means stop and save.

    ``trainings`` says how many run or wait that could go on without the window; ``waiting`` how many wait.
    """

    background_chosen = Signal()

    def __init__(self, parent: QWidget | None = None, *, trainings: int = 0, waiting: int = 0) -> None:
        super().__init__(parent)
        self.setObjectName("closing.dialog")
        self.setWindowTitle("Something is still running")
        self.setMinimumWidth(480 if trainings else 420)
        words = "A job is still running. Stop it now? What a training has learnt so far is saved and can be used."
        if waiting:
            words += f" {_count(waiting)} in the queue; the next start offers what waits again."
        if trainings:
            words += (
                "\n\nIn the background it goes on without the window, until it ends or the computer is switched off."
            )
            words += " What waits follows it." if waiting else ""
        buttons = two_buttons(
            self,
            Choice("closing.stop", "Stop and save", "Stop the job, save what it learnt and close"),
            Choice("closing.cancel", "Cancel", "Leave the window open and the job running"),
        )
        if trainings:
            go_on = QPushButton()
            _GO_ON.put_on(go_on)
            go_on.setAutoDefault(False)
            buttons.addButton(go_on, QDialogButtonBox.ButtonRole.ActionRole)
            go_on.clicked.connect(self._go_on)
        buttons.accepted.connect(self.accept)
        stacked(self, [plain_label(words), buttons], spacing=16)

    def _go_on(self) -> None:
        self.reject()
        self.background_chosen.emit()


def _count(waiting: int) -> str:
    return "One job waits" if waiting == 1 else f"{waiting} jobs wait"
