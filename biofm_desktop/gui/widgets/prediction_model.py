"""The predictions as rows of a table: sorted and filtered here, as Qt's proxy would ask Python for every comparison."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from biofm_desktop.gui.theme import theme_colours

from .bar_delegate import SHARE
from .named import plain_tip

AnyIndex = QModelIndex | QPersistentModelIndex
COLUMNS = ("Sample", "Prediction", "Conf.", "Label")
TIPS = ("Click to sort", "What the model says", "Confidence: how sure the model is", "What the data says")
KEY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Row:
    """One prediction in words; ``label`` is what the data says (empty: nothing), ``comparable`` if word by word."""

    key: str
    text: str
    confidence: float | None = None
    label: str = ""
    comparable: bool = True

    @property
    def differs(self) -> bool:
        """Say whether the data says something else."""
        return self.comparable and bool(self.label) and self.label != self.text


#: What the table can be narrowed to.
KINDS: dict[str, Callable[[Row], bool]] = {
    "All predictions": lambda _: True,
    "Differs from label": lambda row: row.differs,
    "Without a label": lambda row: not row.label,
    "Unsure (below 70 %)": lambda row: row.confidence is not None and row.confidence < 0.7,
}
_ORDER: tuple[Callable[[Row], Any], ...] = (
    lambda row: row.key,
    lambda row: _number_or_text(row.text),
    lambda row: -1.0 if row.confidence is None else row.confidence,
    lambda row: row.label,
)


class PredictionModel(QAbstractTableModel):
    """Rows by key; a later prediction of a key takes the place of the earlier one."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, Row] = {}
        self._shown: list[Row] = []
        self._labels: Mapping[str, str] = {}
        self._comparable = True
        self._text, self._kind = "", "All predictions"
        self._column, self._order = -1, Qt.SortOrder.AscendingOrder

    def __len__(self) -> int:
        return len(self._rows)

    def set_labels(self, labels: Mapping[str, str], *, comparable: bool) -> None:
        """Show these labels, by key; ``comparable`` ones should be the same words as the predictions."""
        self._labels, self._comparable = labels, comparable
        self._rows = {key: self._labelled(row) for key, row in self._rows.items()}
        self._arrange()

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show these rows only."""
        self._rows = {row.key: self._labelled(row) for row in rows}
        self._arrange()

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add rows at the end, or change those of the same keys where they stand."""
        new = {row.key: self._labelled(row) for row in rows}
        if any(key in self._rows for key in new):
            self._rows.update(new)
            self._arrange()
            return
        self._rows.update(new)
        fitting = [row for row in new.values() if self._fits(row)]
        if fitting:
            self.beginInsertRows(QModelIndex(), len(self._shown), len(self._shown) + len(fitting) - 1)
            self._shown += fitting
            self.endInsertRows()

    def narrow(self, text: str, kind: str) -> None:
        """Show only rows of a kind (of `KINDS`) that hold the text."""
        self._text, self._kind = text.lower(), kind
        self._arrange()

    def key_at(self, row: int) -> str:
        """Return the key of a row that is shown."""
        return self._shown[row].key

    def row_of(self, key: str) -> int:
        """Return the row of a key (-1: not shown)."""
        return next((place for place, row in enumerate(self._shown) if row.key == key), -1)

    def rearrange(self) -> None:
        """Sort again, after rows were added at the end."""
        self._arrange()

    def _labelled(self, row: Row) -> Row:
        return Row(row.key, row.text, row.confidence, self._labels.get(row.key, ""), self._comparable)

    def _fits(self, row: Row) -> bool:
        return KINDS[self._kind](row) and any(self._text in t.lower() for t in (row.key, row.text, row.label))

    def _arrange(self) -> None:
        self.layoutAboutToBeChanged.emit()
        marked = [(index, self._shown[index.row()].key, index.column()) for index in self.persistentIndexList()]
        self._shown = [row for row in self._rows.values() if self._fits(row)]
        if self._column >= 0:
            self._shown.sort(key=_ORDER[self._column], reverse=self._order == Qt.SortOrder.DescendingOrder)
        place = {row.key: number for number, row in enumerate(self._shown)}
        for index, key, column in marked:
            moved = self.index(place[key], column) if key in place else QModelIndex()
            self.changePersistentIndex(index, moved)
        self.layoutChanged.emit()

    # What a view asks for

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._order = column, order
        self._arrange()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return TIPS[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._shown[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                sure = "" if row.confidence is None else f"{row.confidence:.0%}".replace("%", " %")
                return (row.key, row.text, sure, row.label)[column]
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip((row.key, row.text, "", row.label)[column])
            case Qt.ItemDataRole.ForegroundRole if column == 3 and row.label and row.comparable:
                return QColor(theme_colours().error if row.differs else theme_colours().good)
        if role == SHARE and column == 2:
            return row.confidence
        return row.key if role == KEY else None


def _number_or_text(text: str) -> tuple[int, float, str]:
    """Return a sorting key: numbers by size before words by letter."""
    try:
        return (0, float(text.split()[0]), text)
    except (ValueError, IndexError):
        return (1, 0.0, text)
