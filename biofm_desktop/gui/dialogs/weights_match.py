"""What a model would take of a file of weights: a line, and every tensor by name."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from biofm_desktop.gui.widgets.dialog_parts import stacked
from biofm_desktop.gui.widgets.match_model import STATES, MatchModel
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.row_table import as_rows

_WIDTHS = (78, 0, 124, 0, 124)


class WeightsMatchDialog(QDialog):
    """Shows what a weights job told; accepted means that a training shall start from these weights."""

    def __init__(
        self, found: Mapping[str, Any], model: str, parent: QWidget | None = None, *, asking: bool = True
    ) -> None:
        super().__init__(parent)
        self.setObjectName("match.dialog")
        self.setWindowTitle(f"Weights for {model}")
        self._rows = MatchModel(found["rows"])
        refused = bool(found["fault"])
        summary = named(plain_label(found["summary"]), "match.summary", "How much is taken", "How much is taken")
        summary.setProperty("role", "title")
        facts = named(
            plain_label(_facts(found)), "match.facts", "About the file", "Where they come from, in which layout"
        )
        facts.setProperty("role", "faint")
        parts: list[QWidget] = [summary, facts]
        if refused:
            fault = named(plain_label(found["fault"]), "match.fault", "Why it cannot be used", "Why it cannot be used")
            fault.setProperty("role", "error")
            parts.append(fault)
        self.table = self._make_table()
        self._count = named(QLabel(), "match.count", "Rows shown", "Rows shown, of all")
        stacked(
            self,
            [*parts, self._make_filters(found), self.table, self._make_buttons(asking and not refused)],
            self.table,
        )
        self._narrow()
        self.resize(960, 560)

    def _make_filters(self, found: Mapping[str, Any]) -> QWidget:
        counts = Counter(row["state"] for row in found["rows"])
        self._state = named(QComboBox(), "match.state", "Which tensors", "Show all tensors, or those of one kind")
        self._state.addItem(f"All ({len(found['rows'])})", "")
        for state in STATES:
            self._state.addItem(f"{state.capitalize()} ({counts[state]})", state)
        self._words = named(QLineEdit(), "match.filter", "Filter", "Show only tensors whose name holds this")
        self._words.setPlaceholderText("Filter by name")
        self._words.setClearButtonEnabled(True)
        self._state.currentIndexChanged.connect(self._narrow)
        self._words.textChanged.connect(self._narrow)
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._state)
        row.addWidget(self._words, 1)
        row.addWidget(self._count)
        return bar

    def _make_table(self) -> QTableView:
        table = named(QTableView(), "match.table", "Tensors", "Every tensor of the model, then those only in the file")
        table.setModel(self._rows)
        table.setTextElideMode(Qt.TextElideMode.ElideLeft)  # names differ at their end
        header = as_rows(table)
        for column, width in enumerate(_WIDTHS):
            kind = QHeaderView.ResizeMode.Interactive if width else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(column, kind)
            if width:
                header.resizeSection(column, width)
        return table

    def _make_buttons(self, asking: bool) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel if asking else kinds.Close)
        if asking:
            use, cancel = buttons.button(kinds.Ok), buttons.button(kinds.Cancel)
            use.setText("Start from these")
            named(use, "match.accept", "Start from these weights", "Let the next training start from these weights")
            named(cancel, "match.cancel", "Cancel", "Start from nothing")
            use.setDefault(True)
        else:
            named(buttons.button(kinds.Close), "match.close", "Close", "Close this list")
        for button in buttons.buttons():
            button.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _narrow(self) -> None:
        self._rows.narrow(self._state.currentData(), self._words.text())
        self._count.setText(f"{self._rows.rowCount()} of {self._rows.total}")


def _facts(found: Mapping[str, Any]) -> str:
    told = [f"File: {Path(found['file']).name}"]
    if found["run"]:
        told[0] = f"Run: {found['run']} ({Path(found['file']).name})"
    if not found["fault"]:
        told.append(f"Layout: {found['layout']}")
        if found["scaling"]:
            told.append(f"Pictures are scaled as these weights want them: {found['scaling']}")
    if found["note"] and not found["fault"]:
        told.append(f"{found['note']}.")
    return "\n".join(told)
