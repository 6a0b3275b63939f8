"""A worker: runs one job in a thread, listens and emits, knows no widget."""

import threading
import time
import traceback
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from biofm_desktop.engine.events import Event, Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.runners.base import Run

#: Least time between two batches of events, in milliseconds: a window redraws no faster than that anyway.
BATCH_MS = 50


class RunWorker(QThread):
    """Iterates over a run in its own thread and hands its events over in batches, at most 20 a second.

    ``start_run`` makes the run; it is called in the thread, as starting a child may take seconds. The last event is
    always `Finished` or `Failed`; `ended` follows it. Both signals are emitted in the thread that made the worker.
    """

    # A list of events; declared as object, which PySide hands over as it is: it would copy a list item by item.
    events_arrived = Signal(object)
    ended = Signal()
    _filled = Signal()
    _drained = Signal()

    def __init__(self, start_run: Callable[[], Run], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._start_run, self._lock = start_run, threading.Lock()
        self._run: Run | None = None
        self._wishes: list[str] = []
        self._events: list[Event] = []
        self._sent_at = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._hand_over)
        self._filled.connect(self._schedule, Qt.ConnectionType.QueuedConnection)
        self._drained.connect(self._end, Qt.ConnectionType.QueuedConnection)

    def pause(self) -> None:
        """Let the run wait where it stands."""
        self._wish("pause")

    def resume(self) -> None:
        """Let a paused run go on."""
        self._wish("resume")

    def stop_run(self) -> None:
        """End the run once what was learnt is saved."""
        self._wish("stop")

    def kill(self) -> None:
        """End the run at once, without saving."""
        self._wish("kill")

    def leave(self) -> None:
        """Look no longer at a run that goes on without the window."""
        self._wish("leave")

    def _wish(self, wish: str) -> None:
        with self._lock:
            run = self._run
            if run is None:
                self._wishes.append(wish)
        if run is not None:
            getattr(run, wish)()

    def run(self) -> None:
        """Iterate (in the thread); nothing that the run raises gets lost."""
        ended = False
        try:
            made = self._start_run()
            with self._lock:
                self._run, wishes = made, self._wishes
            for wish in wishes:
                getattr(made, wish)()
            for event in made:
                self._put(event)
                ended = ended or isinstance(event, Finished | Failed)
            if not ended:
                self._put(Failed("The job ended without saying why. Start it again."))
        except Fault as fault:
            self._put(Failed(fault.message, fault.detail))
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it, not only stderr
            self._put(Failed(f"The job broke off: {error}", traceback.format_exc()))
        finally:
            self._drained.emit()

    def _put(self, event: Event) -> None:
        with self._lock:
            was_empty = not self._events
            self._events.append(event)
        if was_empty:
            self._filled.emit()

    @Slot()
    def _schedule(self) -> None:
        waited = (time.monotonic() - self._sent_at) * 1000
        if not self._timer.isActive():
            self._timer.start(max(0, round(BATCH_MS - waited)))

    @Slot()
    def _hand_over(self) -> None:
        with self._lock:
            events, self._events = self._events, []
        if events:
            self._sent_at = time.monotonic()
            self.events_arrived.emit(events)

    @Slot()
    def _end(self) -> None:
        self._timer.stop()
        self._hand_over()
        self.wait()  # it is leaving `run`; were the worker dropped before, its own thread would delete it and abort
        self.ended.emit()
