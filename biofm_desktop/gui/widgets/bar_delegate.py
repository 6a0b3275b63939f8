"""A cell that shows a share as a bar with a number over it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from biofm_desktop.gui.theme import theme_colours

#: The role under which a model gives the share, from 0 to 1 (None: no bar).
SHARE = Qt.ItemDataRole.UserRole + 1


class BarDelegate(QStyledItemDelegate):
    """Draws the share under `SHARE` as a bar below the cell's text; ``doubt`` colours low shares as warnings."""

    def __init__(self, *, doubt: bool = False) -> None:
        super().__init__()
        self._doubt = doubt

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        share, text = index.data(SHARE), str(index.data() or "")
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        cell.text = ""
        style = cell.widget.style() if cell.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, cell, painter, cell.widget)
        colours = theme_colours()
        painter.save()
        box = QRectF(option.rect).adjusted(4, 4, -4, -4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if share is not None:
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(box, 3, 3)
            fill = QColor(colours.warning if self._doubt and share < 0.7 else colours.accent)
            fill.setAlpha(120)
            painter.setBrush(fill)
            painter.drawRoundedRect(QRectF(box.x(), box.y(), box.width() * min(1.0, share), box.height()), 3, 3)
        painter.setPen(QColor(colours.text))
        painter.drawText(box.adjusted(5, 0, -5, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()
