"""The history: every correction in order; a click goes back to it, or forward again."""

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QShowEvent
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from biofm_desktop.engine.project import Project
from biofm_desktop.gui.theme import Colours, icon, theme_bus, theme_colours
from biofm_desktop.gui.widgets.named import named

#: So many of the last corrections are listed; all can be undone.
SHOWN = 400
_NUMBER = Qt.ItemDataRole.UserRole


class HistoryPanel(QWidget):
    """Lists the corrections of a project, those taken back fainter; it is filled anew while it is seen only."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self.list = named(
            QListWidget(),
            "history.list",
            "History",
            "Click a correction to go back or forward to it; the last is below",
        )
        self.list.setUniformItemSizes(True)
        self.list.itemClicked.connect(lambda item: self.chosen.emit(item.data(_NUMBER)))
        self.empty = QLabel("No corrections yet. Each stroke and each label is kept here, also after a restart.")
        self.empty.setProperty("role", "faint")
        self._soon = QTimer(self, singleShot=True, interval=60)
        self._soon.timeout.connect(self._fill)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.addWidget(self.list, 1)
        whole.addWidget(self.empty)
        theme_bus().changed.connect(self._show_theme)

    def show_project(self, project: Project | None) -> None:
        """List the corrections of a project from now on."""
        self._project = project
        self.refresh()

    def refresh(self) -> None:
        """List them anew, soon."""
        if self.isVisible():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Fill the list when it comes in sight."""
        super().showEvent(event)
        self._fill()

    def _fill(self) -> None:
        self.list.clear()
        done, undone = self._project.history if self._project is not None else ([], [])
        self.empty.setVisible(not (done or undone))
        if not (done or undone):
            return
        colours = theme_colours()
        self._add(0, "before the first correction", "history", faint=False)
        if len(done) > SHOWN:
            self._add(done[-SHOWN].number, f"… {len(done) - SHOWN:,} earlier ones", "dots-horizontal", faint=True)
        for edit in done[-SHOWN:]:
            self._add(edit.number, f"{datetime.fromtimestamp(edit.made):%H:%M:%S}  {edit.text}", "check", faint=False)
        now = self.list.count() - 1
        for edit in undone[:SHOWN]:
            words = f"{datetime.fromtimestamp(edit.made):%H:%M:%S}  {edit.text} (taken back)"
            self._add(edit.number, words, "undo", faint=True)
        item = self.list.item(now)
        item.setIcon(icon("arrow-right-bold", colours.accent))
        self.list.setCurrentItem(item)
        self.list.scrollToItem(item)

    def _add(self, number: int, text: str, sign: str, *, faint: bool) -> None:
        colours = theme_colours()
        item = QListWidgetItem(icon(sign, colours.faint), text)
        item.setData(_NUMBER, number)
        if faint:
            item.setForeground(_brush(colours.faint))
        self.list.addItem(item)

    def _show_theme(self, colours: Colours) -> None:
        self.refresh()


def _brush(colour: str) -> QBrush:
    return QBrush(QColor(colour))
