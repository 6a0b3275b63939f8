"""The jobs panel: everything that runs, waits or has ended, and the order of what waits."""

import shlex
from functools import partial

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.jobs.again import going_on, run_folder_of
from biofm_desktop.gui.theme import icon, theme_bus
from biofm_desktop.gui.widgets.bar_delegate import BarDelegate
from biofm_desktop.gui.widgets.job_model import JobModel
from biofm_desktop.gui.widgets.named import named
from biofm_desktop.gui.widgets.row_table import as_rows
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

from .job_buttons import BUTTONS, WITH_WORDS, allowed


class JobsPanel(QWidget):
    """Lists the jobs of a `JobCenter`, with the ways to order and to end them.

    ``asked`` tells what is wished of a job that the center alone cannot do: ``restart``, ``go_on``, ``background``,
    ``remove``, or ``show`` for its curves.
    """

    asked = Signal(str, object)

    def __init__(self, center: JobCenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._center = center
        self._model, self._bars = JobModel(center), BarDelegate()
        self._table = self._make_table()
        self._buttons = {name: self._button(name) for name in BUTTONS}
        self._hold = self._make_hold()
        line = QHBoxLayout()
        line.setContentsMargins(4, 0, 4, 4)
        line.setSpacing(3)
        for name, button in self._buttons.items():
            if name in ("next", "restart", "copy_command"):
                line.addSpacing(8)
            line.addWidget(button)
        line.addStretch(1)
        line.addWidget(self._hold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table, 1)
        layout.addLayout(line)
        center.job_added.connect(self.add_job)
        center.queue_changed.connect(self._show_buttons)
        self._model.moved.connect(center.move)
        theme_bus().changed.connect(self._colour)
        self._colour()
        self._show_buttons()

    def add_job(self, handle: JobHandle) -> None:
        """Show a job and mark it."""
        self._model.add(handle)
        handle.state_changed.connect(self._show_buttons)
        self._table.selectRow(self._model.row_of(handle))

    @property
    def marked(self) -> JobHandle | None:
        """Return the marked job."""
        row = self._table.currentIndex().row()
        return self._model.jobs[row] if 0 <= row < len(self._model.jobs) else None

    def _make_table(self) -> QTableView:
        tip = "What waits, runs and has ended; drag what waits to another place, double-click a training for its curves"
        table = named(QTableView(), "jobs.list", "Jobs", tip)
        table.setModel(self._model)
        table.setItemDelegateForColumn(2, self._bars)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        table.setDragDropOverwriteMode(False)
        table.setDropIndicatorShown(True)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        table.activated.connect(lambda _: self._act("show"))
        header = as_rows(table)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate((270, 78, 100)):
            table.setColumnWidth(column, width)
        table.selectionModel().currentRowChanged.connect(self._show_buttons)
        for name, entry in BUTTONS.items():
            if entry.key:
                key = QShortcut(QKeySequence(entry.key), table)
                key.setContext(Qt.ShortcutContext.WidgetShortcut)
                key.activated.connect(partial(self._press, name))
        return table

    def _button(self, name: str) -> QToolButton:
        entry = BUTTONS[name]
        tip = f"{entry.tip} ({entry.key})" if entry.key else entry.tip
        button = named(QToolButton(), f"jobs.{name}", entry.title, tip)
        if name in WITH_WORDS:
            button.setText(entry.title)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(partial(self._act, name))
        return button

    def _make_hold(self) -> QPushButton:
        tip = "Let no waiting job begin until this is pressed again; what runs goes on"
        hold = named(QPushButton("Pause queue"), "jobs.hold", "Pause the queue", tip)
        hold.setCheckable(True)
        hold.toggled.connect(self._center.hold)
        return hold

    def _show_menu(self, at: QPoint) -> None:
        """Offer in words what can be done with the marked job."""
        menu = QMenu(self)
        menu.setObjectName("jobs.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, button in self._buttons.items():
            if button.isEnabled():
                action = menu.addAction(button.icon(), button.text() or BUTTONS[name].title, partial(self._act, name))
                action.setObjectName(f"jobs.menu_{name}")
        if menu.actions():
            menu.popup(self._table.viewport().mapToGlobal(at))

    def _press(self, name: str) -> None:
        if self._buttons[name].isEnabled():
            self._act(name)

    def _act(self, name: str, _: bool = False) -> None:
        handle, center = self.marked, self._center
        if handle is None:
            return
        match name:
            case "pause":
                handle.resume() if handle.state == "paused" else handle.pause()
            case "stop":
                handle.stop()
            case "kill":
                handle.kill()
            case "next":
                center.run_next(handle)
            case "up" | "down":
                center.move(handle, center.waiting.index(handle) + (1 if name == "down" else -1))
            case "copy_command":
                QGuiApplication.clipboard().setText(shlex.join(handle.job.command()))
            case "open_folder":
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(run_folder_of(handle.job))))
            case _:
                self.asked.emit(name, handle)
        self._show_buttons()

    def _show_buttons(self) -> None:
        handle, waiting = self.marked, self._center.waiting
        goes_on = handle is not None and handle.state in ("stopped", "failed") and going_on(handle.job) is not None
        now = allowed(handle, waiting, goes_on=goes_on)
        for name, button in self._buttons.items():
            button.setEnabled(name in now)
        self._buttons["pause"].setText("Resume" if handle is not None and handle.state == "paused" else "Pause")
        self._hold.setText(f"Pause queue ({len(waiting)})" if waiting else "Pause queue")
        self._hold.blockSignals(True)
        self._hold.setChecked(self._center.held)
        self._hold.blockSignals(False)

    def _colour(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(BUTTONS[name].icon))
        self._hold.setIcon(icon("timer-pause-outline"))
