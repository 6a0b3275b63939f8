"""Asked at the start after two crashes in a row."""

from PySide6.QtWidgets import QDialog, QWidget

from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import plain_label


class SafeStartDialog(QDialog):
    """Offers to start without what was open; accepted means to start safely."""

    def __init__(self, project: str, crashes: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("safe_start.dialog")
        self.setWindowTitle("Start safely?")
        self.setMinimumWidth(460)
        words = plain_label(
            f"The program ended unexpectedly {crashes} times in a row while this was open:\n\n{project}\n\n"
            "Start without opening it? Nothing in it is lost; it can be opened from File, Open recent."
        )
        buttons = two_buttons(
            self,
            Choice("safe_start.accept", "Start safely", "Start with nothing open"),
            Choice("safe_start.again", "Open it again", "Go on where you were"),
        )
        buttons.accepted.connect(self.accept)
        stacked(self, [words, buttons], spacing=16)
