"""A thread that sees to the disk behind the user: what was done is synced within 2 s, label files follow."""

from collections.abc import Callable
from threading import Event, Thread

from biofm_desktop.engine.faults import Fault

_SECONDS = 2.0


class Keeper:
    """Calls ``work`` within 2 s after `wake`; a fault is told to ``failed`` once and tried again at the next wake."""

    def __init__(self, work: Callable[[], None], failed: Callable[[Fault], None]) -> None:
        self._work, self._failed = work, failed
        self._woken, self._ended = Event(), Event()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """Ask for work to be done soon."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="project keeper", daemon=True)
            self._thread.start()
        self._woken.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.wait()
            if self._ended.wait(_SECONDS):
                return
            self._woken.clear()
            try:
                self._work()
            except Fault as fault:
                self._failed(fault)
            except RuntimeError as error:
                if "shutdown" not in str(error):  # the program ends around us; the journal has everything already
                    raise

    def stop(self) -> None:
        """End the thread; the caller does what is left."""
        self._ended.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
