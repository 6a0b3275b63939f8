"""Asked when the window is closed while something runs."""

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from biofm_desktop.gui.widgets.named import named


class ClosingDialog(QDialog):
    """Offers to stop and save, or to stay; accepted means stop and save."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("closing.dialog")
        self.setWindowTitle("Something is still running")
        self.setMinimumWidth(420)
        words = QLabel(
            "A job is still running. Stop it now? What a training has learnt so far is saved and can be used."
        )
        words.setWordWrap(True)
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        for kind, name, text, tip in (
            (kinds.Ok, "closing.stop", "Stop and save", "Stop the job, save what it learnt and close"),
            (kinds.Cancel, "closing.cancel", "Cancel", "Leave the window open and the job running"),
        ):
            button = buttons.button(kind)
            button.setText(text)
            named(button, name, text, tip)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 18, 18, 14)
        whole.setSpacing(16)
        whole.addWidget(words)
        whole.addWidget(buttons)
