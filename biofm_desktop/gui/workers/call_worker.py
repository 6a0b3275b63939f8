"""A worker for one call: reading or writing files aside from the window."""

import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from biofm_desktop.engine.faults import Fault


class CallWorker(QThread):
    """Calls a function in a thread of its own and emits what it returns, or why it could not."""

    returned = Signal(object)
    failed = Signal(str, str)

    def __init__(self, call: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._call = call
        self.finished.connect(self.deleteLater)

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
