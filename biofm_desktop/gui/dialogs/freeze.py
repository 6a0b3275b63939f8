"""The freeze dialog: which layers are trained and which stay as they are."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.models.base import Layer
from biofm_desktop.engine.models.memory import as_text
from biofm_desktop.engine.models.patterns import matches
from biofm_desktop.gui.widgets.layer_tree import LayerTree
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.row_table import RoomyRows

HEAD, LAST, EVERYTHING, CUSTOM = "head", "last", "everything", "custom"
PRESETS = {HEAD: "Head only", LAST: "Head and last blocks", EVERYTHING: "Everything", CUSTOM: "As ticked below"}


class FreezeDialog(QDialog):
    """Layers in, patterns of the frozen ones out; it changes nothing itself.

    ``layers`` are the rows of a describe job, ``frozen`` patterns as a training job takes them, ``head`` the name of
    the stage that gives the answer.
    """

    def __init__(
        self,
        layers: Sequence[dict[str, Any]],
        head: str = "head",
        frozen: Sequence[str] = (),
        batch_size: int = 16,
        parent: QWidget | None = None,
        *,
        title: str = "",
    ) -> None:
        super().__init__(parent)
        self.setObjectName("freeze.dialog")
        self.setWindowTitle(f"Layers to train: {title}" if title else "Layers to train")
        rows = [Layer(**{**row, "shape": tuple(row["shape"])}) for row in layers]
        self._tree = LayerTree(rows, head, batch_size, self)
        self._preset, self._blocks = self._make_presets()
        self._summary = named(plain_label(), "freeze.summary", "What these ticks mean", "What these ticks mean")
        self._buttons = self._make_buttons()
        self._lay_out(self._make_filter(), self._make_view())
        self._tree.ticked.connect(self._show_ticks)
        self._tree.set_frozen({row.name for row in rows if any(matches(pattern, row.name) for pattern in frozen)})
        self.resize(720, 600)

    def frozen(self) -> tuple[str, ...]:
        """Return the patterns of what stays as it is: whole stages or blocks, else layers."""
        return self._tree.patterns()

    def summary(self) -> str:
        """Return in one sentence what these ticks mean."""
        return self._summary.text()

    def _make_presets(self) -> tuple[QComboBox, QSpinBox]:
        tip = "Common choices. Few samples: head only. Many samples: everything"
        preset = named(QComboBox(), "freeze.preset", "Which layers to train", tip)
        for name, words in PRESETS.items():
            preset.addItem(words, name)
        count = len(self._tree.blocks())
        tip = f"How many of the last of {count} blocks are trained beside the head"
        blocks = named(QSpinBox(), "freeze.blocks", "How many of the last blocks to train", tip)
        blocks.setRange(1, max(1, count))
        blocks.setPrefix("last ")
        blocks.setMinimumWidth(84)
        preset.currentIndexChanged.connect(self._apply_preset)
        blocks.valueChanged.connect(self._apply_blocks)
        return preset, blocks

    def _make_filter(self) -> QLineEdit:
        edit = named(QLineEdit(), "freeze.filter", "Filter layers", "Show only layers whose name holds this text")
        edit.setPlaceholderText("Filter layers")
        edit.setClearButtonEnabled(True)
        edit.textChanged.connect(self._filter)
        return edit

    def _make_view(self) -> QTreeView:
        tip = "Ticked layers are trained; the others stay exactly as they are. Space ticks the marked rows"
        view = self._view = named(QTreeView(), "freeze.tree", "Layers; ticked ones are trained", tip)
        view.setModel(self._tree)
        view.setUniformRowHeights(True)
        view.setItemDelegate(RoomyRows(view))
        view.setAlternatingRowColors(True)
        view.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        view.installEventFilter(self)
        header = view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        # Not ResizeToContents, which measures every row anew at each tick (seconds for 500 layers).
        for column, width in enumerate((110, 120, 90, 80), 1):
            header.resizeSection(column, width)
        if self._tree.rowCount() <= 3:
            view.expandToDepth(0)
        return view

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        accept, cancel = buttons.button(buttons.StandardButton.Ok), buttons.button(buttons.StandardButton.Cancel)
        for button, name, tip in (
            (accept, "freeze.accept", "Train with these ticks"),
            (cancel, "freeze.cancel", "Leave the choice as it was"),
        ):
            named(button, name, button.text().replace("&", ""), tip).setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _lay_out(self, filter_edit: QLineEdit, view: QTreeView) -> None:
        top = QHBoxLayout()
        label = QLabel("&Train")
        label.setBuddy(self._preset)
        for widget in (label, self._preset, self._blocks):
            top.addWidget(widget)
        top.addWidget(filter_edit, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(view, 1)
        layout.addWidget(self._summary)
        layout.addWidget(self._buttons)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the space key tick all marked rows at once, in whichever column the cursor stands."""
        if (
            watched is self._view
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Space
        ):
            self._tick_marked()
            return True
        return super().eventFilter(watched, event)

    def _tick_marked(self) -> None:
        rows = self._view.selectionModel().selectedRows(0)
        ticked = all(Qt.CheckState(r.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked for r in rows)
        state = Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked
        for row in rows:
            self._tree.setData(row, state, Qt.ItemDataRole.CheckStateRole)

    def _filter(self, text: str) -> None:
        for index, shown in self._tree.holding(text):
            self._view.setRowHidden(index.row(), index.parent(), not shown)
        if text:
            self._view.expandAll()

    def _apply_preset(self) -> None:
        match self._preset.currentData():
            case "head":
                self._tree.set_frozen(self._tree.frozen_but_last(0))
            case "last":
                self._tree.set_frozen(self._tree.frozen_but_last(self._blocks.value()))
            case "everything":
                self._tree.set_frozen(set())
        self._show_ticks()

    def _apply_blocks(self) -> None:
        if self._preset.currentData() == LAST:
            self._apply_preset()

    def _show_ticks(self) -> None:
        """Say what the ticks mean, and which preset they are."""
        layers, of_layers, weights, of_weights = self._tree.counts()
        share = weights / of_weights if of_weights else 0.0
        need = as_text(self._tree.memory().total)
        self._summary.setText(
            f"{layers} of {of_layers} layers are trained: {weights:,} of {of_weights:,} weights ({percent(share)}). "
            f"Training needs about {need} of memory with a batch of {self._tree.batch_size}."
            if weights
            else "Nothing would be trained: tick at least one layer that has weights."
        )
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(weights > 0)
        self._show_preset()

    def _show_preset(self) -> None:
        frozen, chosen = self._tree.frozen(), CUSTOM
        if not frozen:
            chosen = EVERYTHING
        elif frozen == self._tree.frozen_but_last(0):
            chosen = HEAD
        elif frozen == self._tree.frozen_but_last(self._blocks.value()):
            chosen = LAST
        with QSignalBlocker(self._preset):
            self._preset.setCurrentIndex(list(PRESETS).index(chosen))
        self._blocks.setVisible(chosen == LAST)


def percent(share: float) -> str:
    """Return a share from 0 to 1 in per cent, as many digits as it needs."""
    if share in (0.0, 1.0) or 0.1 <= share < 0.995:
        return f"{share:.0%}".replace("%", " %")
    return f"{min(share, 0.999):.1%}".replace("%", " %") if share >= 0.001 else "less than 0.1 %"
