"""Pre-training: by which objective a model learns from samples without labels, and how."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.fit_options import BasicOptions
from biofm_desktop.engine.jobs import DOWNLOAD
from biofm_desktop.engine.objectives import Objective
from biofm_desktop.gui.widgets.dialog_parts import stacked
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.options_form import OptionsForm

_HINT = (
    "The model learns from all pictures or sequences that are not set apart for testing, labelled or not. What it "
    "learnt is then in the training panel's list of models."
)


class PretrainDialog(QDialog):
    """Asks for an objective and its options; ``start_requested`` gives its name, its options and those of the fit."""

    start_requested = Signal(str, dict, dict)

    def __init__(
        self,
        title: str,
        objectives: Sequence[type[Objective]],
        fit: Mapping[str, Any],
        weights: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pretrain.dialog")
        self.setWindowTitle(f"Pre-train {title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._objectives = list(objectives)
        self._objective = named(QComboBox(), "pretrain.objective", "Objective", "What the model learns without labels")
        for each in self._objectives:
            self._objective.addItem(each.title, each.name)
        start = {"": "random weights", DOWNLOAD: "its published weights"}.get(weights, Path(weights).name)
        self._help, hint = plain_label(), plain_label(f"{_HINT} It starts from {start}.")
        for label in (self._help, hint):
            label.setProperty("role", "faint")
        self._own: OptionsForm | None = None
        self._fit = OptionsForm(BasicOptions, "pretrain.fit")
        self._fit.set_values(fit)
        self.status = named(plain_label(), "pretrain.status", "State", "What is wrong, or what was begun")
        scroll = self._make_form()
        stacked(self, [hint, self._objective, self._help, scroll, self.status, self._make_buttons()], scroll)
        self._objective.currentIndexChanged.connect(self._show_objective)
        self._show_objective()
        self.resize(460, 560)

    def show_status(self, words: str, role: str = "") -> None:
        """Say what was begun, or what is wrong (``role`` ``error``)."""
        self.status.setText(words)
        self.status.setProperty("role", role)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)

    def _show_objective(self) -> None:
        kind = self._objectives[self._objective.currentIndex()]
        self._help.setText(kind.help)
        if self._own is not None:
            self._place.removeWidget(self._own)
            self._own.deleteLater()
            self._own.setParent(None)
        self._own = OptionsForm(kind, "pretrain.options")
        self._place.addWidget(self._own)

    def _make_form(self) -> QScrollArea:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 6, 0)
        self._place = QVBoxLayout()
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        column.addLayout(self._place)
        column.addWidget(line)
        column.addWidget(self._fit)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("pretrain.scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        return scroll

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        named(close, "pretrain.close", "Close", "Close this; what was started goes on and is shown in the plots")
        tip = "Pre-train now, or after what runs and waits"
        start = named(QPushButton("Start"), "pretrain.start", "Start pre-training", tip)
        buttons.addButton(start, QDialogButtonBox.ButtonRole.ActionRole)
        start.clicked.connect(self._ask)
        buttons.rejected.connect(self.reject)
        return buttons

    def _ask(self) -> None:
        assert self._own is not None
        if not all([form.check() for form in (self._own, self._fit)]):  # noqa: C419 - every form marks its own
            self.show_status("Correct the marked options first.", "error")
            return
        try:
            own, fit = self._own.values(), self._fit.values()
        except Fault as fault:
            self.show_status(fault.message, "error")
            return
        self.start_requested.emit(self._objective.currentData(), own, fit)
