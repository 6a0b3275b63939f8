"""Where every uncaught error ends: of slots, threads, coroutines and Qt itself. The user sees one plain dialog."""

import asyncio
import logging
import re
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, Slot, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from biofm_desktop.engine.faults import Fault
from biofm_desktop.paths import cache_dir

from .dialogs.error import ErrorDialog

LOG = logging.getLogger("biofm")


class ErrorDesk(QObject):
    """Takes errors from any thread and shows them in the window, one dialog at a time."""

    _arrived = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.dialog: ErrorDialog | None = None
        self._arrived.connect(self._show, Qt.ConnectionType.AutoConnection)
        self._hooks: tuple[Any, Any, Any] | None = None

    def report(self, message: str, detail: str = "") -> None:
        """Show a message with details; may be called from any thread."""
        LOG.error("%s\n%s", message, _places(detail))
        self._arrived.emit(message, detail)

    def report_error(self, error: BaseException) -> None:
        """Show an exception: a `Fault` in its own words, anything else as our mistake."""
        trace = "".join(traceback.format_exception(error))
        if isinstance(error, Fault):
            self.report(error.message, "\n".join(filter(None, (error.detail, trace))))
        else:
            self.report(f"Something went wrong inside the program: {type(error).__name__}: {error}", trace)

    def install(self) -> None:
        """Listen to uncaught errors of this process; hooks that were there before are called as well."""
        if self._hooks is None:
            self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
            sys.excepthook, threading.excepthook = self._uncaught, self._of_thread
            sys.unraisablehook = self._unraisable
            qInstallMessageHandler(_log_qt)

    def uninstall(self) -> None:
        """Give the hooks back to those who had them; a dialog that is still open goes with its window."""
        if self.dialog is not None:
            self.dialog.close()
        if self._hooks is not None:
            mine = (self._uncaught, self._of_thread, self._unraisable)
            now = (sys.excepthook, threading.excepthook, sys.unraisablehook)
            before, self._hooks = self._hooks, None
            if now[0] == mine[0]:
                sys.excepthook = before[0]
            if now[1] == mine[1]:
                threading.excepthook = before[1]
            if now[2] == mine[2]:
                sys.unraisablehook = before[2]
            qInstallMessageHandler(None)

    def watch_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen to uncaught errors of coroutines as well."""
        loop.set_exception_handler(self._of_loop)

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            application = QApplication.instance()
            if application is not None:
                application.quit()
            return
        self.report_error(error.with_traceback(trace))
        if self._hooks is not None:
            self._hooks[0](kind, error, trace)

    def _of_thread(self, told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None and told.exc_type is not SystemExit:
            self.report_error(told.exc_value)
            if self._hooks is not None:
                self._hooks[1](told)

    def _unraisable(self, told: "sys.UnraisableHookArgs") -> None:
        LOG.warning("ignored in %r: %r", told.object, told.exc_value)

    def _of_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report_error(error)
        else:
            LOG.warning("event loop: %s", context.get("message"))

    @Slot(str, str)
    def _show(self, message: str, detail: str) -> None:
        if self.dialog is not None:
            self.dialog.add(message, detail)
            return
        window = self.parent() if isinstance(self.parent(), QWidget) else QApplication.activeWindow()
        self.dialog = ErrorDialog(message, detail, window if isinstance(window, QWidget) else None)
        self.dialog.closed.connect(self._forget)
        self.dialog.open()

    @Slot()
    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _places(detail: str) -> str:
    """Return of a traceback where it went and what was raised, without the words: they may quote a patient's file."""
    kept = (_PLACE.match(line) for line in detail.splitlines())
    return "\n".join(found.group() for found in kept if found)


_PLACE = re.compile(r'  File ".*|Traceback .*|[A-Za-z_][\w.]*(?:Error|Exception|Fault|Interrupt)\b')
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _log_qt(level: QtMsgType, _: QMessageLogContext, message: str | None) -> None:
    LOG.log(_LEVELS.get(level, logging.WARNING), "Qt: %s", message)


def start_log() -> None:
    """Keep a log of the program in the cache folder; where that cannot be written to, there is none."""
    folder = cache_dir() / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "biofm.log", maxBytes=1 << 20, backupCount=3, encoding="utf-8", delay=True
        )
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
