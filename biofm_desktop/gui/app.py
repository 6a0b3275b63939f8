"""The program with a window: Qt's application, the event loop, and where errors end."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMainWindow

from biofm_desktop.engine.settings import load_settings
from biofm_desktop.paths import resources_dir

from .errors import start_log
from .main_window import MainWindow
from .theme import apply_theme


def make_window(path: Path | None = None) -> QMainWindow:
    """Return the window, not yet shown, with the data of ``path`` opened (None: the welcome page).

    Makes Qt's application where there is none.
    """
    window = _framed()
    window.add_work()
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
    window.show()
    QTimer.singleShot(0, window, window.warm_up)  # the frame is drawn first
    if paths:
        QTimer.singleShot(0, window, lambda: window.open_paths(list(paths)))
    application.aboutToQuit.connect(loop.stop)
    with loop:
        loop.run_forever()
    return 0


def _framed() -> MainWindow:
    _application()
    window = MainWindow()
    window.desk.install()
    return window


def _application() -> QApplication:
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
