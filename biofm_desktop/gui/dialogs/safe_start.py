"""Asked at the start after two crashes in a row."""

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from biofm_desktop.gui.widgets.named import named, plain_label


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
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        safe, again = buttons.button(kinds.Ok), buttons.button(kinds.Cancel)
        safe.setText("Start safely")
        again.setText("Open it again")
        named(safe, "safe_start.accept", "Start safely", "Start with nothing open")
        named(again, "safe_start.again", "Open it again", "Go on where you were")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 18, 18, 14)
        whole.setSpacing(16)
        whole.addWidget(words)
        whole.addWidget(buttons)
