"""The list of classes with their colours and number keys."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from biofm_desktop.gui.layers import CLASS_COLOURS, class_colour
from biofm_desktop.gui.theme import theme_colours
from biofm_desktop.gui.widgets.named import plain_tip

_VALUE = Qt.ItemDataRole.UserRole
_NAME = Qt.ItemDataRole.UserRole + 1


class ClassList(QListWidget):
    """Classes in the order of their values; tells which one the user chose and what was renamed.

    With ``background`` the first class is the clear background, chosen by the key 0; else the first has the key 1.
    """

    value_chosen = Signal(int)
    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("annotate.classes")
        self.setAccessibleName("Classes")
        self.setToolTip("Click a class, or press its number, to use it; double-click to rename it")
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self._background = False
        self.itemClicked.connect(lambda item: self.value_chosen.emit(item.data(_VALUE)))
        self.itemChanged.connect(self._tell_rename)

    def show_classes(self, names: Sequence[str], *, background: bool) -> None:
        """Show these classes; the chosen value stays chosen."""
        value = self.value()
        self._background = background
        blocked = self.blockSignals(True)
        self.clear()
        for number, name in enumerate(names):
            item = QListWidgetItem(name)
            item.setData(_VALUE, number)
            item.setData(_NAME, name)
            key = number if background else number + 1
            item.setToolTip(plain_tip(f"{name} (key {key})" if key <= 9 else name))
            item.setIcon(_swatch(number, key if key <= 9 else None, background=background))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.addItem(item)
        self.blockSignals(blocked)
        self.show_value(value)

    def names(self) -> list[str]:
        """Return the names of the classes."""
        return [self.item(row).text() for row in range(self.count())]

    def value(self) -> int:
        """Return the value of the chosen class; -1 where none is chosen."""
        item = self.currentItem()
        return int(item.data(_VALUE)) if item is not None else -1

    def show_value(self, value: int) -> None:
        """Mark the class of this value, without telling that it was chosen."""
        blocked = self.blockSignals(True)
        self.setCurrentRow(value if 0 <= value < self.count() else -1)
        self.blockSignals(blocked)
        self.viewport().update()

    def press(self, key: int) -> None:
        """Choose a class by its number key."""
        value = key if self._background else key - 1
        if 0 <= value < self.count():
            self.show_value(value)
            self.value_chosen.emit(value)

    def _tell_rename(self, item: QListWidgetItem) -> None:
        old, new = item.data(_NAME), item.text().strip()
        if new != old:
            blocked = self.blockSignals(True)
            item.setText(old)  # the name changes once the project has kept it
            self.blockSignals(blocked)
            self.renamed.emit(old, new)


def _swatch(number: int, key: int | None, *, background: bool) -> QIcon:
    """Return a square in the colour of a class with its number key in it."""
    colours = theme_colours()
    fill = class_colour(number) if background else CLASS_COLOURS[number % len(CLASS_COLOURS)]
    pixmap = QPixmap(36, 36)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    clear = background and number == 0
    painter.setPen(QColor(colours.faint) if clear else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if clear else QColor(fill))
    painter.drawRoundedRect(2, 2, 32, 32, 8, 8)
    if key is not None:
        font = painter.font()
        font.setPixelSize(19)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(colours.text if clear else "#14181f"))
        painter.drawText(pixmap.rect(), Qt.AlignmentFlag.AlignCenter, str(key))
    painter.end()
    return QIcon(pixmap)
