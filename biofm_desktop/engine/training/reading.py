"""Samples read in a thread of its own, so that one that hangs (a drive that is gone) is named and ends nothing else."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Sample

T = TypeVar("T")


class _Asked(Generic[T]):
    """Something to do in the thread: what came of it, or what it raised."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._act, self.done = act, threading.Event()
        self._value: T | None = None
        self._error: BaseException | None = None

    def do(self) -> None:
        try:
            self._value = self._act()
        except BaseException as error:  # noqa: BLE001 - raised where it was asked for
            self._error = error
        self.done.set()

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]


class Reader:
    """Does one thing after the other in a thread; a sample that takes longer than ``seconds`` (0: any) is a `Fault`.

    A thread that hangs cannot be ended: it is left to itself, and the next thing is done by another one.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._todo: SimpleQueue[_Asked[Any] | None] | None = None
        self._at: tuple[Sample | None, float] = (None, 0.0)

    def note(self, sample: Sample) -> None:
        """Say which sample is read from now on."""
        self._at = sample, time.monotonic()

    def run(self, act: Callable[[], T]) -> T:
        """Return what ``act`` gives, which calls `note` before each sample; raise `Fault` where one hangs."""
        if not self._seconds:
            return act()
        self._at = None, time.monotonic()
        asked = _Asked(act)
        self._queue().put(asked)
        while not asked.done.wait(max(0.01, self._at[1] + self._seconds - time.monotonic())):
            sample, since = self._at
            if time.monotonic() - since >= self._seconds:
                self._leave()
                raise Fault(
                    "a sample" if sample is None else sample.source or sample.key,
                    f"it could not be read within {self._seconds:g} s",
                    "See whether its drive or network is there, leave the sample out, or allow more time "
                    "(--read-timeout, in the group Running)",
                )
        return asked.result()

    def _queue(self) -> "SimpleQueue[_Asked[Any] | None]":
        if self._todo is None:
            self._todo = SimpleQueue()
            threading.Thread(target=_work, args=(self._todo,), name="reading", daemon=True).start()
        return self._todo

    def _leave(self) -> None:
        """Let the thread end, once it is free."""
        if self._todo is not None:
            self._todo.put(None)
            self._todo = None

    def __del__(self) -> None:
        self._leave()


def _work(todo: "SimpleQueue[_Asked[Any] | None]") -> None:
    while (asked := todo.get()) is not None:
        asked.do()
