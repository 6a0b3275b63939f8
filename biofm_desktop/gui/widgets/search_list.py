"""The list of options that a search may try, with the values of each."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget

from biofm_desktop.engine.jobs.search_space import Offer

from .named import named, plain_tip
from .row_table import as_rows

_VALUES_TIP = (
    "low..high, low..high:log (evenly in the logarithm), or values with commas between. Double-click to change"
)


class SearchList(QTableWidget):
    """Options to tick, each with the values to try, which can be typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 2, parent)
        named(self, "search.options", "Options to search", "Tick what is tried; double-click values to change them")
        self.setHorizontalHeaderLabels(["Option", "Values to try"])
        as_rows(self).setStretchLastSection(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)
        self._offers: list[Offer] = []

    def show_offers(self, offers: Sequence[Offer], words: Sequence[str] = (), *, fixed: bool = False) -> None:
        """Show what can be searched, the usual ticked; or ``words``, what a search of before tries, ticked first.

        ``fixed`` ones can be looked at only.
        """
        stated = {word.partition("=")[0].strip().replace("-", "_"): word.partition("=")[2] for word in words}
        self._offers = sorted(offers, key=lambda offer: offer.spec.name not in stated) if words else list(offers)
        self.setRowCount(len(self._offers))
        for row, offer in enumerate(self._offers):
            ticked = offer.spec.name in stated if words else offer.usual
            name, values = (
                QTableWidgetItem(offer.spec.title),
                QTableWidgetItem(stated.get(offer.spec.name, offer.values)),
            )
            name.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            name.setToolTip(plain_tip(offer.spec.help or offer.spec.title))
            values.setToolTip(plain_tip(_VALUES_TIP))
            flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
            name.setFlags(flags if fixed else flags | Qt.ItemFlag.ItemIsUserCheckable)
            values.setFlags(flags if fixed else flags | Qt.ItemFlag.ItemIsEditable)
            self.setItem(row, 0, name)
            self.setItem(row, 1, values)
        self.resizeColumnToContents(0)
        self.setColumnWidth(0, self.columnWidth(0) + 24)  # it counts the box to tick, but not what is around it

    def words(self) -> tuple[str, ...]:
        """Return the ticked options with their values, as a search takes them."""
        ticked = [row for row in range(self.rowCount()) if self._at(row, 0).checkState() is Qt.CheckState.Checked]
        return tuple(self._offers[row].word(self._at(row, 1).text().strip()) for row in ticked)

    def _at(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        assert item is not None
        return item
