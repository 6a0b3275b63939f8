"""The one window: makes the parts, and connects what one tells to what another does."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QTimer, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QShowEvent,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.session import Session
from biofm_desktop.engine.settings import Settings, load_settings

from .actions import colour, fill_menus, make_actions
from .centre import Centre
from .docks.annotation import AnnotationPanel
from .docks.history import HistoryPanel
from .docks.messages import MessagesPanel
from .docks.samples import SamplesPanel
from .errors import ErrorDesk
from .flows.closing_flow import ask_to_close
from .flows.project_flow import ProjectFlow
from .labelling import Labelling
from .loop_keys import LoopKeys
from .memory import WindowMemory
from .opening import Opening
from .panels import Panels
from .popups import Popups
from .region_layers import REGION_TOOLS
from .showing import Showing
from .status import StatusSigns
from .theme import Colours, apply_theme, theme_bus
from .viewer import TOOLS
from .views import Views
from .workbench import Workbench
from .workers.job_center import JobCenter
from .workers.warm_imports import WarmImports

if TYPE_CHECKING:
    from .work import Work

#: On a screen at least this wide, napari's layer controls are shown at first.
_ROOMY = 1600
_WELCOME = ("open", "open_folder", "open_sample")
_TOOLS = (*TOOLS, *REGION_TOOLS)


class MainWindow(QMainWindow):
    """Opens data, shows it, and lets the user label, train, predict and export."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 560)
        self.settings = load_settings()
        self.memory, self.desk = WindowMemory(), ErrorDesk(self)
        self.bench, self.jobs = Workbench(self), JobCenter(parent=self)
        self.opening = Opening(self)
        self._warm: WarmImports | None = None
        self._warmed = False
        self._closed = False
        self._resumed: Session | None = None
        self.work: Work | None = None
        self._make_panels()
        self.centre = Centre()
        self.setCentralWidget(self.centre)
        self.labelling = Labelling(self.bench, self.samples, self.annotation, self.centre.viewer, self)
        self.popups, self.views = Popups(self), Views(self.panels, self.centre, self)
        self.safety = ProjectFlow(self.bench, self.history, self.popups.show_dialog, self._picture, self)
        self.loop_keys = LoopKeys(self)
        self.commands = make_actions(self, self.labelling, self.popups, self.views, self.safety, self.loop_keys)
        self.addActions(list(self.commands.values()))
        self.centre.welcome.add_buttons([self.commands[f"action.{name}"] for name in _WELCOME])
        self.menus = fill_menus(self, self.commands)
        self._fill_own_menus()
        self._make_status_bar()
        self.showing = Showing(self)
        self._connect_bench()
        self._connect_panels()
        self._show_recent()
        self._restore()

    def _make_panels(self) -> None:
        self.samples, self.annotation, self.messages = SamplesPanel(), AnnotationPanel(), MessagesPanel()
        self.history = HistoryPanel()
        self.panels = Panels(self)
        for name, widget in (
            ("samples", self.samples),
            ("annotation", self.annotation),
            ("history", self.history),
            ("messages", self.messages),
        ):
            self.panels.fill(name, widget)

    def add_work(self) -> None:
        """Fill the panels that train, predict and export: a third of the window's imports, not needed for its frame."""
        if self.work is None:
            from .work import Work

            self.work = Work(self.panels, self.bench, self.jobs, self)
            self.work.train.previews.follow(self.samples)
            self.work.failed.connect(self._show_failure)
            self.work.message.connect(self.show_message)
            self.work.accept_requested.connect(self.labelling.accept)
            self.work.next.add_tools([self.commands[name] for name in ("suggest.next", "suggest.accept", "loop.next")])
            self.work.loop.status_changed.connect(self.signs.loop.setText)

    def _fill_own_menus(self) -> None:
        self.menus["docks"].addActions(self.panels.actions())
        self.menus["recent"].aboutToShow.connect(self._show_recent)
        self.menus["napari"].aboutToShow.connect(self._hang_napari_menus)
        self.samples.add_buttons([self.commands[f"samples.{name}"] for name in ("previous", "next", "next_unlabelled")])
        tools = {tool: self.commands[f"annotate.{tool}"] for tool in _TOOLS}
        marking = [tools[tool] for tool in (*REGION_TOOLS, "move")]
        self.annotation.add_tools([tools[tool] for tool in TOOLS], marking)
        self.number_keys = self.annotation.number_keys(self)
        self.addActions(self.number_keys)
        for action in tools.values():
            action.setCheckable(True)
        self.centre.viewer.header.add_button(self.commands["action.layers"])
        roomy = QGuiApplication.primaryScreen().availableSize().width() >= _ROOMY
        self.commands["action.layers"].setChecked(roomy)

    def _make_status_bar(self) -> None:
        self.signs = StatusSigns(self.statusBar())
        self.show_settings(self.settings)

    def _connect_bench(self) -> None:
        bench, viewer = self.bench, self.centre.viewer
        bench.failed.connect(self.show_error)
        viewer.pointed_at.connect(self.signs.pointer.setText)
        self.centre.read_failed.connect(self.show_error)
        self.centre.sequence_ready.connect(lambda panel: panel.feature_added.connect(self.labelling.add_feature))
        self.centre.cell_edited.connect(bench.set_column)
        self.centre.welcome.recent_chosen.connect(self.open_paths)

    def _connect_panels(self) -> None:
        self.labelling.message.connect(self.show_message)
        self.labelling.hint.connect(lambda text: self.statusBar().showMessage(text, 3000))
        self.labelling.tool_changed.connect(self._show_tool)
        self.opening.opened.connect(self.show_project)
        self.opening.refused.connect(self._show_refusal)
        self.opening.message.connect(self.show_message)
        self.opening.busy_changed.connect(self._show_busy)
        self.popups.settings_changed.connect(self.show_settings)
        self.popups.failed.connect(self.show_error)
        self.popups.sample_chosen.connect(lambda path: self.open_paths([path]))
        self.jobs.message.connect(self.show_message)
        self.safety.message.connect(self.show_message)
        self.safety.failed.connect(self.show_error)
        self.safety.failed_in_words.connect(self._show_failure)
        self.safety.open_requested.connect(self.open_paths)
        self.safety.holder_changed.connect(self._show_holder)
        self.signs.take_over.connect(self.safety.take_over)
        theme_bus().changed.connect(self._show_theme)

    def _restore(self) -> None:
        self.resize(QGuiApplication.primaryScreen().availableSize().boundedTo(self.maximumSize()) * 0.94)
        geometry, panels = self.memory.window()
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)
        self._fresh = panels.isEmpty() or not self.restoreState(panels)

    @property
    def project(self) -> Project | None:
        """Return the project that lies open."""
        return self.bench.project

    def open(self) -> None:
        """Ask for files and open them."""
        names, _ = QFileDialog.getOpenFileNames(self, "Open images or sequences", self.memory.last_folder())
        self.open_paths([Path(name) for name in names])

    def open_folder(self) -> None:
        """Ask for a folder and open it."""
        name = QFileDialog.getExistingDirectory(self, "Open a folder of data or a project", self.memory.last_folder())
        self.open_paths([Path(name)] if name else [])

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open these files or this folder, away from this thread."""
        if paths and not self._closed:
            self._leave_if_open(paths)
            self.opening.open_paths(paths)

    def open_now(self, path: Path) -> None:
        """Open data and wait for it."""
        self._leave_if_open([path])
        self.opening.open_now([path])

    def _leave_if_open(self, paths: Sequence[Path]) -> None:
        """Let go of the project that lies open where it is to be opened again: it is its own lock's holder."""
        if self.bench.project is not None and Project.folder_for(paths) == self.bench.project.folder:
            self.bench.set_project(None)

    def go_on(self, session: Session) -> None:
        """Open what lay open when the program ended unexpectedly, at the sample that was shown."""
        self._resumed = session
        self.open_paths([Path(session.project)])

    @Slot(object)
    def show_project(self, project: Project) -> None:
        """Lay a project on the bench."""
        if self._closed:
            return
        self.memory.add_recent(
            project.sources if Project.folder_for(project.sources) == project.folder else (project.folder,)
        )
        self.bench.set_project(project)
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            self.bench.show(resumed.key)
            self.show_message("The program had ended unexpectedly. Your work is here; nothing that was done is lost.")

    @Slot(str)
    def _show_busy(self, text: str) -> None:
        self.centre.welcome.show_busy(text)
        self.statusBar().showMessage(text)

    @property
    def ready(self) -> bool:
        """Say whether nothing is being opened or read."""
        return not (self.opening.busy or self.centre.reading or self.centre.viewer.settling)

    def wait_until_ready(self, seconds: float = 60.0) -> bool:
        """Wait until what was opened is shown; say whether it came to that."""
        loop, clock, limit = QEventLoop(), QTimer(), QTimer(singleShot=True)
        clock.timeout.connect(lambda: loop.quit() if self.ready else None)
        limit.timeout.connect(loop.quit)
        clock.start(5)
        limit.start(round(seconds * 1000))
        loop.exec()
        return self.ready

    def _show_recent(self) -> None:
        menu, recent = self.menus["recent"], self.memory.recent()
        menu.clear()
        for paths in recent:
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            menu.addAction(f"{paths[0]}{more}".replace("&", "&&"), partial(self.open_paths, paths))
        if recent:
            menu.addSeparator()
            menu.addAction("Forget these", self.memory.forget_recent)
        menu.menuAction().setEnabled(True)
        self.centre.welcome.show_recent(recent)

    def _hang_napari_menus(self) -> None:
        if not self.menus["napari"].actions():
            self.centre.viewer.make()
            for menu in self.centre.viewer.menus():
                self.menus["napari"].addMenu(menu)

    @Slot(str)
    def _show_tool(self, tool: str) -> None:
        for known in _TOOLS:
            self.commands[f"annotate.{known}"].setChecked(known == tool)

    @Slot(str)
    def show_message(self, text: str) -> None:
        """Tell something in the status bar and the list of messages."""
        self.statusBar().showMessage(text, 8000)
        self.messages.add(text)

    @Slot(object)
    def show_error(self, error: BaseException) -> None:
        """Tell a fault in the dialog and the list of messages."""
        self.messages.add(error.message if isinstance(error, Fault) else str(error), "error")
        self.desk.report_error(error)

    @Slot(object)
    def _show_refusal(self, error: BaseException) -> None:
        if not self.safety.mend(error):
            self.show_error(error)

    @Slot(str)
    def _show_holder(self, words: str) -> None:
        self.signs.show_holder(words)
        if words:
            self.show_message(f"This project is open for reading only: {words} works on it.")

    def _picture(self) -> bytes:
        """Return what the middle shows, as PNG."""
        return self.centre.picture()

    @Slot(str, str)
    def _show_failure(self, message: str, detail: str) -> None:
        self.messages.add(message, "error")
        self.desk.report(message, detail)

    @Slot(object)
    def show_settings(self, settings: Settings) -> None:
        """Follow these settings from now on."""
        changed, self.settings = settings.theme != self.settings.theme, settings
        self.signs.show_settings(settings)
        if changed:
            apply_theme(settings.theme)

    @Slot(object)
    def _show_theme(self, colours: Colours) -> None:
        colour(self.commands)

    def quit(self) -> None:
        """Close the window."""
        self.close()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the viewer and the child right after the frame stands."""
        super().showEvent(event)
        if self._fresh:
            self._fresh = False
            QTimer.singleShot(0, self, self.panels.share_room)

    def import_ahead(self) -> None:
        """Import in a thread what the viewer needs, while another process reads the file that it will show."""
        if self._warm is None:
            self._warm = self.centre.viewer.imports = WarmImports(self)
            self._warm.start()

    def warm_up(self) -> None:
        """Get the viewer and the child ready behind the frame, before they are needed."""
        if self._warmed:
            return
        self._warmed = True
        self.add_work()
        self.import_ahead()
        assert self._warm is not None
        if self._warm.isFinished():
            self._warm_viewer()
        else:
            self._warm.finished.connect(self._warm_viewer)

    @Slot()
    def _warm_viewer(self) -> None:
        """Build the viewer while the user still looks for a file, then have the child import its libraries."""
        if not self._closed:
            self.centre.viewer.make()
            QTimer.singleShot(500, self, self._warm_child)

    @Slot()
    def _warm_child(self) -> None:
        if not self._closed:
            self.jobs.warm_up()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what is dropped."""
        event.acceptProposedAction()
        self.open_paths(_dropped(event))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask where a job runs; else end everything and close."""
        if self._closed:
            event.accept()
        elif self.jobs.busy:
            event.ignore()
            ask_to_close(self)
        else:
            self._end()
            event.accept()

    def close_now(self) -> None:
        """Stop what runs, save what it learnt, and close."""
        self.statusBar().showMessage("Saving …")
        self._end()
        self.close()

    def _end(self) -> None:
        self._closed = True
        self.memory.keep_window(self.saveGeometry(), self.saveState())
        self.opening.close()
        if self._warm is not None:
            self._warm.requestInterruption()
            self._warm.wait()
        self.jobs.close(save=True)
        self.centre.viewer.finish_stroke()
        self.bench.close()
        self.safety.close()
        self.samples.close_panel()
        self.centre.close_centre()
        self.desk.uninstall()


def _dropped(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
