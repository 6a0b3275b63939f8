"""The program with a window: Qt's application, the event loop, and where errors end."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from biofm_desktop.engine.session import begin_session
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.paths import resources_dir

from .dialogs.safe_start import SafeStartDialog
from .errors import start_log
from .main_window import MainWindow
from .theme import apply_theme
from .uncovered import Uncovered


def make_window(path: Path | None = None) -> QMainWindow:
    """Return the whole window, not yet shown, with the data of ``path`` opened (None: the welcome page).

    Makes Qt's application where there is none.
    """
    window = _framed()
    window.add_work()
    window.centre.sequence_panel()
    if path is not None:
        window.open_now(Path(path))
    return window


def main(paths: Sequence[Path] = ()) -> int:
    """Show the window, open the paths, and run until it is closed; return the exit status."""
    from qasync import QEventLoop

    application = _application()
    loop = QEventLoop(application)
    asyncio.set_event_loop(loop)
    window = _framed()
    window.desk.watch_loop(loop)
    FirstPaint(window).over.connect(lambda: _begin(window, list(paths)))
    if paths:
        window.opening.warm_up()  # its reader imports while the frame is painted
    window.show()
    application.aboutToQuit.connect(loop.stop)
    with loop:
        loop.run_forever()
    return 0


class FirstPaint(QObject):
    """Emits ``over`` once: when a widget is on the screen, or after a second where it is not shown (minimised).

    A timer of 0 ms would not do: it fires before the system asks for the first paint.
    """

    over = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._told = False
        widget.installEventFilter(self)
        QTimer.singleShot(1000, self, self._tell)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the paint to end."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._tell)
        return False

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            self.over.emit()


def _begin(window: MainWindow, paths: list[Path]) -> None:
    """Show what was asked for, or what lay open when the program crashed; the rest gets ready after it."""
    session = begin_session()
    if not paths and not session.ended and session.project and Path(session.project).is_dir():
        for happened in (window.centre.shown, window.centre.read_failed, window.opening.refused):
            happened.connect(lambda *_: QTimer.singleShot(100, window, window.warm_up))
        if not session.doubtful:
            window.import_ahead()
            window.go_on(session)
            return
        dialog = SafeStartDialog(session.project, session.crashes, window)
        dialog.rejected.connect(lambda: window.go_on(session))
        dialog.accepted.connect(window.warm_up)
        window.popups.show_dialog(dialog)
        return
    if not paths:
        window.opening.warm_up()
        window.warm_up()
        return
    for happened in (window.centre.shown, window.centre.read_failed, window.opening.refused):
        happened.connect(lambda *_: QTimer.singleShot(100, window, window.warm_up))
    window.import_ahead()
    window.open_paths(paths)


def _framed() -> MainWindow:
    _application()
    window = MainWindow()
    Uncovered(window)
    window.desk.install()
    return window


def _application() -> QApplication:
    # The viewer is a native window of its own; the panels beside it need not be.
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontCreateNativeWidgetSiblings)
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    if application.property("biofm") is None:
        application.setProperty("biofm", True)
        application.setApplicationName("BioFM Desktop")
        application.setWindowIcon(QIcon(str(resources_dir() / "icons" / "biofm.png")))
        start_log()
    apply_theme(load_settings().theme)
    return application
