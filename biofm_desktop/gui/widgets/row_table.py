"""How tables look that are lists of rows: whole rows are chosen, nothing is typed into them."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from biofm_desktop.gui.theme import theme_colours

_ROW_HEIGHT = 26


class RoomyRows(QStyledItemDelegate):
    """Gives the rows of a tree the height of those of a table: boxes to tick need more room than text."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the size that an item wants."""
        return super().sizeHint(option, index).expandedTo(QSize(0, _ROW_HEIGHT))


def paint_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    """Paint what lies under a row of a list: nothing, or a rounded field where it is chosen or under the pointer."""
    chosen = bool(state & QStyle.StateFlag.State_Selected)
    if chosen or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme_colours().selected if chosen else theme_colours().raised))
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)


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
