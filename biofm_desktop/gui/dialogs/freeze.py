"""The freeze dialog: which layers are trained and how fast, and which stay as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.models.base import Layer
from biofm_desktop.engine.models.memory import as_text
from biofm_desktop.engine.models.patterns import meant
from biofm_desktop.engine.models.presets import bitfit, gradual, norms_and_biases
from biofm_desktop.gui.widgets.layer_tree import OPENS, RATE, LayerTree
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.row_table import RoomyRows

from .freeze_plan import FreezePlan

HEAD, LAST, NORMS, BITFIT, GRADUAL, EVERYTHING, CUSTOM = (
    *("head", "last", "norms", "bitfit", "gradual", "everything", "custom"),
)
PRESETS = {
    HEAD: "Head only",
    LAST: "Head and last blocks",
    NORMS: "Head, norms and biases",
    BITFIT: "Head and biases (BitFit)",
    GRADUAL: "Gradually from the head",
    EVERYTHING: "Everything",
    CUSTOM: "As ticked below",
}
#: Wait so long after a tick before the child is asked how long an epoch takes.
PATIENCE_MS = 700


class FreezeDialog(QDialog):
    """Layers in, patterns of the frozen ones and options of layers out; it changes nothing itself.

    ``layers`` are the rows of a describe job, ``frozen`` patterns as a training job takes them, ``head`` the name of
    the stage that gives the answer, ``options`` values of `LayerOptions`. ``estimate_wanted`` asks how long an epoch
    takes and whether it fits this computer; `show_estimate` tells. While a training runs (``running``) only the ticks
    can be applied.
    """

    estimate_wanted = Signal()

    def __init__(
        self,
        layers: Sequence[dict[str, Any]],
        head: str = "head",
        frozen: Sequence[str] = (),
        batch_size: int = 16,
        parent: QWidget | None = None,
        *,
        title: str = "",
        options: Mapping[str, Any] | None = None,
        epochs: int = 0,
        running: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("freeze.dialog")
        self.setWindowTitle(f"Layers to train: {title}" if title else "Layers to train")
        rows = self._rows = [Layer(**{**row, "shape": tuple(row["shape"])}) for row in layers]
        self._tensors = {row.name: list(row.tensors) for row in rows}
        self._tree = LayerTree(rows, head, batch_size, self)
        self._plan = FreezePlan([row.name for row in rows], options or {}, epochs)
        self._plan.setVisible(not running)
        self._running = running
        self._preset, self._blocks = self._make_presets()
        self._summary = named(plain_label(), "freeze.summary", "What these ticks mean", "What these ticks mean")
        tip = "Measured with a few steps of the network, aside"
        self._estimate = named(plain_label(), "freeze.estimate", "Time and memory", tip)
        self._buttons = self._make_buttons()
        self._pattern = self._make_pattern()
        self._lay_out(self._make_filter(), self._make_view())
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self.estimate_wanted)
        self._tree.ticked.connect(self._show_ticks)
        self._tree.edited.connect(self._set_entry)
        self._plan.changed.connect(self._show_ticks)
        self._tree.set_frozen(self._meant(frozen))
        self.resize(760 if running else 1060, 640)

    def frozen(self) -> tuple[str, ...]:
        """Return the patterns of what stays as it is: whole stages or blocks, else layers or tensors."""
        return self._tree.patterns()

    def frozen_layers(self) -> set[str]:
        """Return the names of the layers and tensors that stay."""
        return self._tree.frozen()

    def options(self) -> dict[str, Any]:
        """Return the options of layers (`LayerOptions`); raise `Fault` where they cannot be used."""
        return self._plan.values()

    def summary(self) -> str:
        """Return in one sentence what these ticks mean."""
        return self._summary.text()

    def show_estimate(self, words: str, role: str = "") -> None:
        """Say how long an epoch takes and whether it fits; ``role`` may be ``error``."""
        self._estimate.setText(words)
        self._estimate.setProperty("role", role)
        self._estimate.style().unpolish(self._estimate)
        self._estimate.style().polish(self._estimate)

    def _make_presets(self) -> tuple[QComboBox, QSpinBox]:
        tip = "Common choices. Few samples: head only. Many samples: everything"
        preset = named(QComboBox(), "freeze.preset", "Which layers to train", tip)
        for name, words in PRESETS.items():
            if name != GRADUAL or not self._running:
                preset.addItem(words, name)
        count = len(self._tree.blocks())
        tip = f"How many of the last of {count} blocks are trained beside the head; or one block in so many epochs"
        blocks = named(QSpinBox(), "freeze.blocks", "How many blocks, or epochs for each", tip)
        blocks.setRange(1, max(1, count))
        blocks.setMinimumWidth(110)
        preset.currentIndexChanged.connect(self._apply_preset)
        blocks.valueChanged.connect(self._apply_blocks)
        return preset, blocks

    def _make_filter(self) -> QLineEdit:
        edit = named(QLineEdit(), "freeze.filter", "Filter layers", "Show only layers whose name holds this text")
        edit.setPlaceholderText("Filter layers")
        edit.setClearButtonEnabled(True)
        edit.textChanged.connect(self._filter)
        return edit

    def _make_pattern(self) -> QHBoxLayout:
        tip = "A shell-style pattern as on the command line: layer4, *.conv1, *norm*, *.bias"
        edit = named(QLineEdit(), "freeze.pattern", "Pattern", tip)
        edit.setPlaceholderText("Pattern, such as layer4, *.conv1 or *.bias")
        edit.setClearButtonEnabled(True)
        count = named(plain_label(wrap=False), "freeze.pattern_count", "How many layers it means", "What it means")
        count.setMinimumWidth(90)
        line = QHBoxLayout()
        line.addWidget(edit, 1)
        line.addWidget(count)
        buttons = []
        for name, text, trains in (("freeze.tick", "Tick", True), ("freeze.untick", "Untick", False)):
            button = named(QPushButton(text), name, f"{text} what the pattern means", f"{text} what the pattern means")
            button.setAutoDefault(False)
            button.setEnabled(False)
            button.clicked.connect(lambda _=False, on=trains: self._apply_pattern(edit.text().strip(), on))
            line.addWidget(button)
            buttons.append(button)

        def count_meant(text: str) -> None:
            found = self._meant((text.strip(),)) if text.strip() else set()
            noun = "tensor" if any(name not in self._tensors for name in found) else "layer"
            count.setText(f"{len(found)} {noun}{'s' * (len(found) != 1)}" if text.strip() else "")
            for button in buttons:
                button.setEnabled(bool(found))

        edit.textChanged.connect(count_meant)
        return line

    def _meant(self, patterns: Sequence[str]) -> set[str]:
        """Return the layers and tensors that patterns mean; none for a pattern that means nothing."""
        return meant(list(self._tensors), patterns, self._tensors)

    def _apply_pattern(self, pattern: str, on: bool) -> None:
        frozen, chosen = self._tree.frozen(), self._meant((pattern,))
        tensors = {f"{name}.{part}" for name, parts in self._tensors.items() for part in parts}

        def spread(names: set[str]) -> set[str]:
            """Return names with each layer's tensors in its place."""
            return {t for n in names for t in ([f"{n}.{p}" for p in self._tensors[n]] if n in self._tensors else [n])}

        still = spread(frozen) - spread(chosen) if on else spread(frozen) | spread(chosen)
        whole = {n for n, parts in self._tensors.items() if parts and all(f"{n}.{p}" in still for p in parts)}
        without = {n for n, parts in self._tensors.items() if not parts}  # statistics only: as they were, or as meant
        whole |= (without & frozen) - (chosen if on else set()) | (set() if on else without & chosen)
        self._tree.set_frozen(whole | (still & tensors))

    def _make_view(self) -> QTreeView:
        tip = "Ticked layers are trained; the others stay exactly as they are. Space ticks the marked rows"
        view = self._view = named(QTreeView(), "freeze.tree", "Layers; ticked ones are trained", tip)
        view.setModel(self._tree)
        view.setUniformRowHeights(True)
        view.setItemDelegate(RoomyRows(view))
        view.setAlternatingRowColors(True)
        view.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QTreeView.EditTrigger.DoubleClicked | QTreeView.EditTrigger.EditKeyPressed)
        view.installEventFilter(self)
        header = view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        # Not ResizeToContents, which measures every row anew at each tick (seconds for 500 layers).
        for column, width in enumerate((100, 112, 106, 56, 68, 60, 54), 1):
            header.resizeSection(column, width)
        if self._running:
            for column in (RATE, OPENS):
                view.hideColumn(column)
        if self._tree.rowCount() <= 3:
            view.expandToDepth(0)
        return view

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        accept, cancel = buttons.button(buttons.StandardButton.Ok), buttons.button(buttons.StandardButton.Cancel)
        if self._running:
            accept.setText("Apply to the running training")
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
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._pattern)
        column.addWidget(view, 1)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setObjectName("freeze.both")
        both.setChildrenCollapsible(False)
        both.addWidget(left)
        both.addWidget(self._plan)
        both.setSizes([700, 330])
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(both, 1)
        layout.addWidget(self._summary)
        layout.addWidget(self._estimate)
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
        tree, chosen = self._tree, self._preset.currentData()
        if chosen == GRADUAL:
            blocks = [node.name for node in tree.blocks()]
            self._plan.set_unfreezing(gradual(blocks, self._blocks.value()))
        elif chosen != CUSTOM:
            self._plan.set_unfreezing(())
        if chosen != CUSTOM:
            tree.set_frozen(self._by_preset(chosen))
        self._show_ticks()

    def _by_preset(self, name: str) -> set[str]:
        match name:
            case "head":
                return self._tree.frozen_but_last(0)
            case "last":
                return self._tree.frozen_but_last(self._blocks.value())
            case "norms":
                return norms_and_biases(self._rows, self._tree.head)
            case "bitfit":
                return bitfit(self._rows, self._tree.head)
        return set()

    def _apply_blocks(self) -> None:
        if self._preset.currentData() in (LAST, GRADUAL):
            self._apply_preset()

    def _set_entry(self, name: str, column: int, value: str) -> None:
        option, sign = ("rates", "=") if column == RATE else ("unfreeze", "@")
        self._plan.set_entry(option, name, sign, "" if value in ("", "1") else value)

    def _show_ticks(self) -> None:
        """Say what the ticks and the plan mean, and which preset they are."""
        rates, opens = self._plan.plan(self._tree.frozen())
        self._tree.show_plan(rates, opens)
        layers, of_layers, weights, of_weights = self._tree.counts()
        share = weights / of_weights if of_weights else 0.0
        need = as_text(self._tree.memory().total)
        later = f" {len(opens)} of the layers open later." if opens else ""
        self._summary.setText(
            f"{layers} of {of_layers} layers are trained: {weights:,} of {of_weights:,} weights ({percent(share)})."
            f"{later} Training needs about {need} of memory with a batch of {self._tree.batch_size}."
            if weights
            else "Nothing would be trained: tick at least one layer that has weights."
        )
        fit = weights > 0 and self._plan.sound
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(fit)
        self._show_preset(bool(opens))
        if fit and not self._running:
            self._patience.start()

    def _show_preset(self, later: bool) -> None:
        frozen, chosen = self._tree.frozen(), CUSTOM
        if later:
            chosen = GRADUAL if not frozen and self._preset.currentData() == GRADUAL else CUSTOM
        elif not frozen:
            chosen = EVERYTHING
        else:
            chosen = next((name for name in (HEAD, LAST, NORMS, BITFIT) if frozen == self._by_preset(name)), CUSTOM)
        with QSignalBlocker(self._preset):
            self._preset.setCurrentIndex(self._preset.findData(chosen))
        with QSignalBlocker(self._blocks):
            self._blocks.setPrefix("last " if chosen == LAST else "")
            self._blocks.setSuffix(" epochs each" if chosen == GRADUAL else "")
        self._blocks.setVisible(chosen in (LAST, GRADUAL))


def percent(share: float) -> str:
    """Return a share from 0 to 1 in per cent, as many digits as it needs."""
    if share in (0.0, 1.0) or 0.1 <= share < 0.995:
        return f"{share:.0%}".replace("%", " %")
    return f"{min(share, 0.999):.1%}".replace("%", " %") if share >= 0.001 else "less than 0.1 %"
