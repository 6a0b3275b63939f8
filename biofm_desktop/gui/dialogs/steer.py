"""Change a training while it goes on: its learning rate and how many epochs it shall have."""

from typing import Any

from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QDialog, QFormLayout, QLineEdit, QSpinBox, QWidget

from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import named, plain_label

_AS_IT_IS = "as it is"


class SteerDialog(QDialog):
    """Fields left as they are change nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("steer.dialog")
        self.setWindowTitle("Change the training under way")
        words = plain_label(
            "The change holds from the next step on; it is marked on the curves and kept with the run. Which layers "
            "learn is changed with Choose layers, the augmentation with its own dialog."
        )
        words.setMinimumWidth(380)
        self._rate = named(QLineEdit(), "steer.rate", "Learning rate", "The highest of the schedule from now on")
        self._rate.setPlaceholderText(_AS_IT_IS)
        self._rate.setValidator(QDoubleValidator(0.0, 10.0, 9, self))
        self._epochs = named(QSpinBox(), "steer.epochs", "Epochs", "How many epochs it shall have in all")
        self._epochs.setRange(0, 10_000)
        self._epochs.setSpecialValueText(_AS_IT_IS)
        fields = QWidget()
        form = QFormLayout(fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Learning rate", self._rate)
        form.addRow("Epochs in all", self._epochs)
        buttons = two_buttons(
            self,
            Choice("steer.accept", "Change", "Change the training with its next step"),
            Choice("steer.cancel", "Cancel", "Leave it as it is"),
        )
        buttons.accepted.connect(self.accept)
        stacked(self, [words, fields, buttons])

    def change(self) -> dict[str, Any]:
        """Return what shall change, as the mailbox of a run takes it."""
        made: dict[str, Any] = {}
        if self._rate.text().strip():
            made["learning_rate"] = float(self._rate.text().replace(",", "."))
        if self._epochs.value():
            made["epochs"] = self._epochs.value()
        return made
