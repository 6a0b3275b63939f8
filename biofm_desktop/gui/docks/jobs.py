"""The jobs panel: everything that runs, waits or has ended."""

import shlex
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.gui.theme import icon, theme_bus, theme_colours
from biofm_desktop.gui.widgets.bar_delegate import SHARE, BarDelegate
from biofm_desktop.gui.widgets.named import named, plain_tip
from biofm_desktop.gui.widgets.row_table import as_rows
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

AnyIndex = QModelIndex | QPersistentModelIndex
COLUMNS = ("Job", "State", "Progress", "What it says")
WORDS = {
    "waiting": "Waiting",
    "running": "Running",
    "paused": "Paused",
    "stopping": "Stopping",
    "done": "Done",
    "stopped": "Stopped",
    "failed": "Failed",
}


class JobModel(QAbstractTableModel):
    """The jobs, the latest first."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[JobHandle] = []

    def add(self, handle: JobHandle) -> None:
        """Show a job that was handed in."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        self.jobs.insert(0, handle)
        self.endInsertRows()
        handle.events_arrived.connect(lambda _: self._change(handle))
        handle.state_changed.connect(lambda _: self._change(handle))

    def _change(self, handle: JobHandle) -> None:
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
            return (handle.title, WORDS[handle.state], done, handle.message.split("\n")[0])[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip((handle.title, WORDS[handle.state], "", handle.message)[column])
        if role == Qt.ItemDataRole.ForegroundRole and column == 1:
            colours = theme_colours()
            return QColor({"failed": colours.error, "done": colours.good}.get(handle.state, colours.text))
        return share if role == SHARE and column == 2 else None


class JobsPanel(QWidget):
    """Lists the jobs of a `JobCenter`, with the ways to end each."""

    def __init__(self, center: JobCenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._bars = JobModel(), BarDelegate()
        self._table = self._make_table()
        self._buttons = {
            name: self._button(name, title, tip)
            for name, title, tip in (
                ("pause", "Pause", "Let the job wait, or go on"),
                ("stop", "Stop", "End the job and keep what it has done"),
                ("kill", "End at once", "End the job's process at once; what it has not saved is lost"),
                ("copy_command", "Copy as command", "Copy the command line that does the same without a window"),
                ("open_folder", "Open folder", "Show the folder of what the job made"),
            )
        }
        line = QHBoxLayout()
        line.setContentsMargins(4, 0, 4, 4)
        for button in self._buttons.values():
            line.addWidget(button)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table, 1)
        layout.addLayout(line)
        center.job_added.connect(self.add_job)
        theme_bus().changed.connect(self._colour)
        self._colour()
        self._show_buttons()

    def add_job(self, handle: JobHandle) -> None:
        """Show a job and mark it."""
        self._model.add(handle)
        handle.state_changed.connect(self._show_buttons)
        self._table.selectRow(0)

    @property
    def marked(self) -> JobHandle | None:
        """Return the marked job."""
        row = self._table.currentIndex().row()
        return self._model.jobs[row] if 0 <= row < len(self._model.jobs) else None

    def _make_table(self) -> QTableView:
        table = named(QTableView(), "jobs.list", "Jobs", "What runs, waits and has ended")
        table.setModel(self._model)
        table.setItemDelegateForColumn(2, self._bars)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = as_rows(table)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate((270, 78, 100)):
            table.setColumnWidth(column, width)
        table.selectionModel().currentRowChanged.connect(self._show_buttons)
        return table

    def _button(self, name: str, title: str, tip: str) -> QToolButton:
        button = named(QToolButton(), f"jobs.{name}", title, tip)
        button.setText(title)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self._act(name))
        return button

    def _act(self, name: str) -> None:
        handle = self.marked
        if handle is None:
            return
        match name:
            case "pause":
                handle.resume() if handle.state == "paused" else handle.pause()
            case "stop":
                handle.stop()
            case "kill":
                handle.kill()
            case "copy_command":
                QGuiApplication.clipboard().setText(shlex.join(handle.job.command()))
            case "open_folder":
                QDesktopServices.openUrl(QUrl.fromLocalFile(_folder(handle)))

    def _show_buttons(self) -> None:
        handle = self.marked
        state = handle.state if handle else "none"
        for name, states in (
            ("pause", ("running", "paused")),
            ("stop", ("waiting", "running", "paused")),
            ("kill", ("running", "paused", "stopping")),
        ):
            self._buttons[name].setEnabled(state in states)
        self._buttons["pause"].setText("Resume" if state == "paused" else "Pause")
        self._buttons["copy_command"].setEnabled(handle is not None)
        self._buttons["open_folder"].setEnabled(handle is not None and Path(_folder(handle)).is_dir())

    def _colour(self) -> None:
        for name, picture in (
            ("pause", "pause"),
            ("stop", "stop"),
            ("kill", "close-octagon-outline"),
            ("copy_command", "content-copy"),
            ("open_folder", "folder-open-outline"),
        ):
            self._buttons[name].setIcon(icon(picture))


def _folder(handle: JobHandle) -> str:
    return str(getattr(handle.job, "out", "") or "?")
