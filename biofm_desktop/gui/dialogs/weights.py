"""The dialog that asks before weights are fetched from the network."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from biofm_desktop.engine.models import Weights
from biofm_desktop.engine.models.memory import as_text
from biofm_desktop.gui.widgets.named import named, plain_label


class WeightsDialog(QDialog):
    """Says what would be fetched, from where, how large and on what terms; accepted means yes."""

    def __init__(self, title: str, weights: Weights, mirror: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("weights.dialog")
        self.setWindowTitle("Download pretrained weights?")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, words in (
            ("Model", title),
            ("Trained on", weights.trained_on),
            ("Licence", weights.licence),
            ("Size", as_text(weights.size)),
            ("From", weights.address),
            ("Mirror folder", mirror or "none (can be named in the settings)"),
        ):
            label = plain_label(words)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(name, label)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        accept, cancel = buttons.button(buttons.StandardButton.Ok), buttons.button(buttons.StandardButton.Cancel)
        accept.setText("Download when training starts")
        for button in (accept, cancel):
            button.setIcon(QIcon())
        named(accept, "weights.accept", "Download", "Fetch the weights once; they are kept for later trainings")
        named(cancel, "weights.cancel", "Cancel", "Fetch nothing")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(plain_label("They are fetched once, checked against their published sha256, and kept."))
        layout.addLayout(form)
        layout.addSpacing(8)
        layout.addWidget(buttons)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        self.resize(540, 10)
