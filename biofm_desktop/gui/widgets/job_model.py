"""The jobs as rows: those that wait first, the next to run on top; then what runs and what has ended, the latest first.

A waiting job is dragged to another place; ``moved`` tells which one and to which place of the queue.
"""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from biofm_desktop.gui.theme import theme_colours
from biofm_desktop.gui.widgets.bar_delegate import SHARE
from biofm_desktop.gui.widgets.named import plain_tip
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

AnyIndex = QModelIndex | QPersistentModelIndex
COLUMNS = ("Job", "State", "Progress", "What it says")
WORDS = {
    "waiting": "Waiting",
    "starting": "Starting",
    "running": "Running",
    "paused": "Paused",
    "stopping": "Stopping",
    "done": "Done",
    "stopped": "Stopped",
    "failed": "Failed",
}
_ROW = "application/x-biofm-job"


class JobModel(QAbstractTableModel):
    """The jobs of a `JobCenter`."""

    moved = Signal(object, int)

    def __init__(self, center: JobCenter) -> None:
        super().__init__()
        self._center = center
        self.jobs: list[JobHandle] = []
        center.queue_changed.connect(self.arrange)

    def add(self, handle: JobHandle) -> None:
        """Show a job that was handed in."""
        place = len(self._waiting) if handle.state == "waiting" and not handle.background else 0
        place = min(max(0, place - 1), len(self.jobs))
        self.beginInsertRows(QModelIndex(), place, place)
        self.jobs.insert(place, handle)
        self.endInsertRows()
        handle.events_arrived.connect(lambda _: self._change(handle))
        handle.state_changed.connect(lambda _: self._change(handle))
        self.arrange()

    def row_of(self, handle: JobHandle) -> int:
        """Return the row of a job."""
        return self.jobs.index(handle)

    def arrange(self) -> None:
        """Follow the order of the queue, and drop what the center has let go of."""
        for handle in [job for job in self.jobs if job not in self._center.jobs]:
            row = self.jobs.index(handle)
            self.beginRemoveRows(QModelIndex(), row, row)
            del self.jobs[row]
            self.endRemoveRows()
        waiting = [job for job in self._waiting if job in self.jobs]
        ordered = waiting + [job for job in self.jobs if job not in waiting]
        if ordered != self.jobs:
            self.layoutAboutToBeChanged.emit()
            kept = self.persistentIndexList()
            there = [self.index(ordered.index(self.jobs[index.row()]), index.column()) for index in kept]
            self.jobs = ordered
            self.changePersistentIndexList(kept, there)
            self.layoutChanged.emit()
        if self.jobs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.jobs) - 1, len(COLUMNS) - 1))

    @property
    def _waiting(self) -> list[JobHandle]:
        return self._center.waiting

    def _change(self, handle: JobHandle) -> None:
        if handle in self.jobs:
            row = self.jobs.index(handle)
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.jobs)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return COLUMNS[section] if shown else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        handle, column = self.jobs[index.row()], index.column()
        share = 1.0 if handle.state == "done" else handle.share
        if role == Qt.ItemDataRole.DisplayRole:
            done = "" if share is None else f"{share:.0%}"
            return (self._title(handle), WORDS[handle.state], done, self._says(handle).split("\n")[0])[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip((self._title(handle), WORDS[handle.state], "", self._says(handle))[column])
        if role == Qt.ItemDataRole.ForegroundRole and column == 1:
            colours = theme_colours()
            return QColor({"failed": colours.error, "done": colours.good}.get(handle.state, colours.text))
        return share if role == SHARE and column == 2 else None

    def _title(self, handle: JobHandle) -> str:
        return f"{handle.title} (background)" if handle.background else handle.title

    def _says(self, handle: JobHandle) -> str:
        if handle not in self._waiting:
            return "Waits for the one before it" if handle.state == "waiting" else handle.message
        place = self._waiting.index(handle) + 1
        words = "Next in the queue" if place == 1 else f"Number {place} in the queue"
        return f"{words}, which is paused" if self._center.held else words

    # Dragging

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled
        if self.jobs[index.row()] in self._waiting:
            return flags | Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [_ROW]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(_ROW, str(indexes[0].row()).encode())
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: AnyIndex) -> bool:
        """Move a waiting job before the row that it is dropped on; never True, as nothing is to be removed."""
        if action != Qt.DropAction.MoveAction or not data.hasFormat(_ROW):
            return False
        dragged = int(bytes(data.data(_ROW).data()).decode())
        handle = self.jobs[dragged] if dragged < len(self.jobs) else None
        if handle in self._waiting and handle is not None:
            target = row if row >= 0 else parent.row() if parent.isValid() else len(self.jobs)
            place = min(target, len(self._waiting))
            self.moved.emit(handle, place - 1 if self._waiting.index(handle) < place else place)
        return False
