"""Reading that does not hang for ever: pixels are read in a thread of their own, and awaited for so long only."""

import threading
import weakref
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from biofm_desktop.engine.faults import Fault

from .base import Sample
from .image import LazyImage

T = TypeVar("T")
_Asked = SimpleQueue[tuple[Callable[[], Any], SimpleQueue[tuple[Any, BaseException | None]]] | None]
_WAY_OUT = "Check the file and the drive or network folder that it is on, then go on with the run or start it again"


class ReadingEnded(Fault):
    """A sample whose reading hangs or died: no reason to leave it out, as others on that drive would hang as well."""

    @property
    def mishap(self) -> bool:
        """Say that the machine failed."""
        return True


class PatientReader:
    """Calls what reads, in a thread of its own; raises `ReadingEnded` where that takes longer than so many seconds.

    A call that hangs inside the system cannot be ended: its thread is left behind, and whatever is asked later fails
    at once, for the same reason. ``seconds`` 0 waits for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._asked: _Asked = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ended: ReadingEnded | None = None
        weakref.finalize(self, self._asked.put, None)

    def read(self, call: Callable[[], T], what: str, place: str = "") -> T:
        """Return what a call gives that reads ``what`` (at ``place``: its file)."""
        if self._ended is not None:
            raise self._ended
        if not self.seconds or threading.current_thread() is self._thread:
            return call()
        if self._thread is None:
            self._thread = threading.Thread(target=_work, args=(self._asked,), name="reading", daemon=True)
            self._thread.start()
        answer: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._asked.put((call, answer))
        try:
            value, error = answer.get(timeout=self.seconds)
        except Empty:
            slow = f"{_WAY_OUT}. Where it is only slow, give it a longer reading time-out (--reading-timeout)"
            self._ended = ReadingEnded(what, f"reading it took longer than {self.seconds:g} s", slow, place=place)
            raise self._ended from None
        if error is None:
            return value
        if isinstance(error, (Fault, MemoryError)):
            raise error
        if isinstance(error, RuntimeError) and "memory" in str(error).lower():
            raise error
        raise ReadingEnded(
            what, f"what reads it died ({type(error).__name__}: {error})", _WAY_OUT, place=place, detail=repr(error)
        ) from error


def _work(asked: _Asked) -> None:
    while (task := asked.get()) is not None:
        call, answer = task
        try:
            answer.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - told to who waits for it
            answer.put((None, error))
        del task, call, answer


def patient(sample: Sample, reader: PatientReader) -> Sample:
    """Return the sample, what of it is read later going through ``reader``."""
    what, place = f"sample {sample.key}", str(sample.source or "")

    def through(image: LazyImage) -> LazyImage:
        return LazyImage(image.shape, image.dtype, partial(reader.read, image.load, what, place))

    changes: dict[str, Any] = {}
    for field in fields(sample):
        value = getattr(sample, field.name)
        if isinstance(value, LazyImage):
            changes[field.name] = through(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], LazyImage):
            changes[field.name] = tuple(map(through, value))
    return replace(sample, **changes) if changes else sample
