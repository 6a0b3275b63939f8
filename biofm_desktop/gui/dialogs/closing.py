"""Asked when the window is closed while something runs."""

from PySide6.QtWidgets import QDialog, QWidget

from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import plain_label


class ClosingDialog(QDialog):
    """Offers to stop and save, or to stay; accepted means stop and save."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("closing.dialog")
        self.setWindowTitle("Something is still running")
        self.setMinimumWidth(420)
        words = plain_label(
            "A job is still running. Stop it now? What a training has learnt so far is saved and can be used."
        )
        buttons = two_buttons(
            self,
            Choice("closing.stop", "Stop and save", "Stop the job, save what it learnt and close"),
            Choice("closing.cancel", "Cancel", "Leave the window open and the job running"),
        )
        buttons.accepted.connect(self.accept)
        stacked(self, [words, buttons], spacing=16)
