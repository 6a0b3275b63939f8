"""A worker for one call: reading or writing files aside from the window."""

import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QThread, Signal

from biofm_desktop.engine.faults import Fault

#: Workers under way: a thread that is collected while it runs ends the program.
_alive: set["CallWorker"] = set()


class CallWorker(QThread):
    """Calls a function in a thread of its own and emits what it returns, or why it could not.

    It outlives whoever started it, and the program waits for it at its end.
    """

    returned = Signal(object)
    failed = Signal(str, str)

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call = call
        self.finished.connect(self._forget)

    def begin(self) -> None:
        """Start the call."""
        _alive.add(self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._await)
        self.start()

    def run(self) -> None:
        """Call it (in the thread)."""
        try:
            made = self._call()
        except Fault as fault:
            self.failed.emit(fault.message, fault.detail)
        except Exception as error:  # noqa: BLE001 - the user must see it, not only stderr
            self.failed.emit(f"Something went wrong: {error}", traceback.format_exc())
        else:
            self.returned.emit(made)

    def _await(self) -> None:
        self.wait()

    def _forget(self) -> None:
        self.wait()  # its thread must be over before the last reference goes
        _alive.discard(self)
