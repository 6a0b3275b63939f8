"""What a training starts from: nothing, published weights, a file, or an earlier run."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from biofm_desktop.engine.jobs import DOWNLOAD
from biofm_desktop.engine.models import ModelEntry
from biofm_desktop.engine.models.memory import as_text
from biofm_desktop.gui.theme import icon, theme_bus

from .named import named, plain_label, plain_tip

NO_WEIGHTS, ASK_FILE, ASK_RUN = "", "?file", "?run"
FILTER = "Weights (*.safetensors *.pth *.pt *.ckpt *.bin *.tar)"


class StartFrom(QWidget):
    """``changed`` says what was chosen, ``run_wanted`` that an earlier run is to be chosen, ``match_wanted`` that the
    user wants to see what is taken of it."""

    changed = Signal(str)
    run_wanted = Signal()
    match_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = NO_WEIGHTS
        self.combo = named(QComboBox(), "train.weights", "Start from", "Weights that the model starts with")
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(8)
        tip = "Show, name by name, what the model takes of these weights"
        self._match = named(QToolButton(), "train.match", "What is taken of these weights", tip)
        self._terms = named(
            plain_label(), "train.terms", "Terms of the weights", "Where they come from, and on what terms"
        )
        self._told = named(
            plain_label(), "train.match_told", "What is taken", "How much of the model these weights give"
        )
        row = QHBoxLayout()
        row.setSpacing(5)
        row.addWidget(self.combo, 1)
        row.addWidget(self._match)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        for label in (self._terms, self._told):
            label.setProperty("role", "faint")
            column.addWidget(label)
        self.combo.currentIndexChanged.connect(self._note)
        self._match.clicked.connect(self.match_wanted)
        theme_bus().changed.connect(self._colour)
        self._colour()
        self._show()

    @property
    def weights(self) -> str:
        """Return the choice as a training job takes it: a file, a run folder, ``download`` or empty."""
        chosen = self.combo.currentData() or NO_WEIGHTS
        return self._before if chosen in (ASK_FILE, ASK_RUN) else chosen

    def offer(self, entry: ModelEntry | None, on_disk: bool, chosen: str = "") -> None:
        """Offer what this model may start from; ``on_disk`` says that nothing must be fetched for its weights."""
        rows = [("From scratch", NO_WEIGHTS, "Random weights")]
        published = entry.weights if entry else None
        if published:
            where = "on this computer" if on_disk else f"download, {as_text(published.size)}"
            rows.append((f"Pretrained ({where})", DOWNLOAD, published.trained_on))
        rows.append(("A file …", ASK_FILE, "Weights of this model: a state dict or safetensors, of any known layout"))
        rows.append(("An earlier run …", ASK_RUN, "What an earlier training or pre-training of this project learnt"))
        if chosen not in (NO_WEIGHTS, DOWNLOAD):
            rows.insert(-2, (Path(chosen).name, chosen, chosen))
        self._fill(rows, chosen)
        self._before = self.weights
        terms = f"{published.trained_on}. Licence: {published.licence}" if published else ""
        self._terms.setText(terms)
        self.tell("")
        self._show()

    def choose(self, weights: str) -> None:
        """Choose these weights: a file, a run folder, ``download``, or empty for none."""
        if self.combo.findData(weights) < 0:
            self.combo.blockSignals(True)
            place = self.combo.count() - 2
            self.combo.insertItem(place, Path(weights).name, weights)
            self.combo.setItemData(place, plain_tip(weights), Qt.ItemDataRole.ToolTipRole)
            self.combo.blockSignals(False)
        self.combo.setCurrentIndex(self.combo.findData(weights))

    def tell(self, words: str, role: str = "faint") -> None:
        """Say what is taken of the weights, or why none is."""
        self._told.setText(words)
        self._told.setVisible(bool(words))
        if self._told.property("role") != role:
            self._told.setProperty("role", role)
            self._told.style().unpolish(self._told)
            self._told.style().polish(self._told)

    def _fill(self, rows: Sequence[tuple[str, str, str]], chosen: str) -> None:
        self.combo.blockSignals(True)
        self.combo.clear()
        for title, name, tip in rows:
            self.combo.addItem(title, name)
            self.combo.setItemData(self.combo.count() - 1, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(max(0, self.combo.findData(chosen)))
        self.combo.blockSignals(False)

    def _note(self) -> None:
        chosen = self.combo.currentData()
        if chosen not in (ASK_FILE, ASK_RUN):
            self._before = self.weights
            self.tell("")
            self._show()
            self.changed.emit(self.weights)
            return
        self.combo.blockSignals(True)
        self.combo.setCurrentIndex(max(0, self.combo.findData(self._before)))
        self.combo.blockSignals(False)
        if chosen == ASK_RUN:
            self.run_wanted.emit()
            return
        name, _ = QFileDialog.getOpenFileName(self, "Weights", "", FILTER)
        if name:
            self.choose(name)

    def _show(self) -> None:
        self._terms.setVisible(self.weights == DOWNLOAD and bool(self._terms.text()))
        self._match.setEnabled(self.weights not in (NO_WEIGHTS, DOWNLOAD))

    def _colour(self) -> None:
        self._match.setIcon(icon("table-check"))
