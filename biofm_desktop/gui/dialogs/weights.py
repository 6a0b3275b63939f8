"""The dialog that asks before published weights are fetched and used: their terms, once."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from biofm_desktop.engine.models import Weights
from biofm_desktop.engine.models.memory import as_text
from biofm_desktop.gui.widgets.named import named, plain_label


class WeightsDialog(QDialog):
    """Says what would be fetched, from where, how large and on what terms; accepted means yes."""

    def __init__(
        self, title: str, weights: Weights, mirror: str, parent: QWidget | None = None, *, on_disk: bool = False
    ) -> None:
        super().__init__(parent)
        self.setObjectName("weights.dialog")
        self.setWindowTitle("Use pretrained weights?" if on_disk else "Download pretrained weights?")
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
        accept.setText("Accept the licence" if on_disk else "Accept and download when training starts")
        for button in (accept, cancel):
            button.setIcon(QIcon())
        more = "" if on_disk else "; the weights are fetched once and kept for later trainings"
        named(accept, "weights.accept", accept.text(), f"Accept the licence, once{more}")
        named(cancel, "weights.cancel", "Cancel", "Start from nothing")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        words = "They are on this computer already" if on_disk else "They are fetched once and kept"
        layout.addWidget(plain_label(f"{words}; their sha256 is checked. You are asked once.", wrap=False))
        layout.addLayout(form)
        layout.addSpacing(8)
        layout.addWidget(buttons)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        self.resize(540, 10)
