"""The match of a file of weights with a model as rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from biofm_desktop.engine.jobs.weights import shape_text
from biofm_desktop.gui.theme import theme_colours

from .named import plain_tip

AnyIndex = QModelIndex | QPersistentModelIndex
COLUMNS = ("What", "Tensor of the model", "Shape", "Tensor of the file", "Shape ")
TIPS = (
    "taken: with its values; re-made: of another shape or meaning; missing: not in the file; unused: not in the model",
    "Its name in the model",
    "Its shape in the model",
    "Its name in the file",
    "Its shape in the file",
)
STATES = ("taken", "re-made", "missing", "unused")


@dataclass(frozen=True)
class _Row:
    cells: tuple[str, str, str, str, str]
    wrong: bool

    def holds(self, words: str) -> bool:
        """Say whether one of the names holds some letters."""
        return words in self.cells[1].casefold() or words in self.cells[3].casefold()


class MatchModel(QAbstractTableModel):
    """One row a tensor, as a weights job tells them; those that are taken last."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._rows = sorted(map(_row, rows), key=lambda row: row.cells[0] == "taken")
        self._shown = self._rows

    @property
    def total(self) -> int:
        """Return how many rows there are, shown or not."""
        return len(self._rows)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of tensors that are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row = self._shown[index.row()]
        text = row.cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(text)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0:
            colours = theme_colours()
            if row.wrong:
                return QColor(colours.error)
            return QColor({"taken": colours.good, "unused": colours.faint}.get(text, colours.warning))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title and what it means."""
        if orientation == Qt.Orientation.Horizontal and role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
        ):
            return (COLUMNS if role == Qt.ItemDataRole.DisplayRole else TIPS)[section]
        return None

    def narrow(self, state: str, words: str) -> None:
        """Show the rows of one state (empty: all) whose names hold these letters."""
        words = words.casefold().strip()
        self.beginResetModel()
        self._shown = [row for row in self._rows if (not state or row.cells[0] == state) and row.holds(words)]
        self.endResetModel()


def _row(told: Mapping[str, Any]) -> _Row:
    ours, theirs = (told["model"], shape_text(told["shape"])), (told["file"], shape_text(told["file_shape"]))
    return _Row((told["state"], *ours, *theirs), bool(told["wrong"]))
