"""How tables look that are lists of rows: whole rows are chosen, nothing is typed into them."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

_ROW_HEIGHT = 26


class RoomyRows(QStyledItemDelegate):
    """Gives the rows of a tree the height of those of a table: boxes to tick need more room than text."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the size that an item wants."""
        return super().sizeHint(option, index).expandedTo(QSize(0, _ROW_HEIGHT))


def as_rows(table: QTableView) -> QHeaderView:
    """Make a table a list of rows and return its header."""
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return header
