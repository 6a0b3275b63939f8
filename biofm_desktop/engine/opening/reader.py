"""One reader: a child process that opens files, watched over by its parent."""

import collections
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.pipes import epitaph, kill, spawn

from .crossing import MakeLoad, pack, unpack
from .guard import note_of
from .limits import Limits, memory_words, resident, size_of_all
from .serve import LENGTH, read_message

CANCELLED = "opening it was cancelled"
_TICK = 0.2
_CLOSE_SECONDS = 1.0
_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
#: Code and stacks take room beside the data.
_BESIDE = 256 << 20
#: What Python itself says when it crashes; libraries' own words may hold what is in the file.
_CRASH = re.compile(rb"Fatal Python error|Current thread|Thread 0x|  File |\w*Error$")


@dataclass(frozen=True)
class Request:
    """What a reader is asked. ``roots`` is what it may read, ``what`` how messages call it.

    ``time_bytes`` is the size that its time goes by (None: that of all files), ``memory_bytes`` that of its memory
    (None: as much as can be spared).
    """

    word: str
    argument: Any
    roots: tuple[Path, ...]
    what: str
    time_bytes: int | None = None
    memory_bytes: int | None = None


class ReaderEnded(Fault):
    """A reader ended or was ended; ``at`` is the file it was reading, where that is known."""

    def __init__(self, what: object, why: str, at: Path | None, place: str = "", detail: str = "") -> None:
        self.at = at
        super().__init__(what, why, "Get a sound copy of it; all else can still be opened", place=place, detail=detail)


class Reader:
    """A process that answers one request at a time, and is ended when it takes too long or too much memory.

    `ask` is for one thread at a time; the other methods may be called from any.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self.resident = limits, 0
        self.request: Request | None = None
        self._folders, self._note, self._why = _own_folders(), "", ""
        self._words: collections.deque[bytes] = collections.deque(maxlen=50)
        place = str(self._folders[-1])
        self._popen = spawn(
            "biofm_desktop.engine.opening.serve",
            [str(folder) for folder in self._folders],
            {"TMPDIR": place, "TEMP": place, "TMP": place, "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"},
            self._folders[-1],
        )
        self._ready, self._over = False, False
        self._began, self._seconds, self._memory = 0.0, 0.0, 0
        self._bell = threading.Condition()
        self._threads = [
            threading.Thread(target=work, name=f"reader {work.__name__}", daemon=True)
            for work in (self._watch, self._hear)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Say whether the process lives."""
        return self._popen.poll() is None

    @property
    def process_id(self) -> int:
        """Return the number of the process."""
        return self._popen.pid

    def begin(self, request: Request) -> None:
        """Take a request on, so that it can be cancelled and its time runs; `ask` does it."""
        with self._bell:
            self.request, self._memory = request, self.limits.space(request.memory_bytes)
            self._began, self._seconds = time.monotonic(), self.limits.start_seconds

    def ask(self, request: Request, load: MakeLoad) -> tuple[str, Any]:
        """Return the answer (word, value). Raises `Fault` where the file is at fault, or the process ended."""
        try:
            word, value = self._asked(request, load)
        finally:
            with self._bell:
                self.request = None
        if word == "memory":
            self._why = self._why or memory_words(self._memory)
            self.end()
            raise self._fault(request)
        if word == "fault":
            raise value if isinstance(value, Fault) else self._fault(request)
        return word, value

    def cancel(self) -> None:
        """End it because the user wishes so."""
        self._kill(CANCELLED)

    def end(self) -> None:
        """End the process and remove what it left."""
        kill(self._popen)
        self._popen.wait()
        with self._bell:
            self._over = True
            self._bell.notify_all()
        self._note = self._note or note_of(self._folders[0])
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Let an idle process end by itself, any other hard."""
        if self.request is None and self._ready:
            assert self._popen.stdin is not None
            with suppress(OSError):
                self._popen.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(_CLOSE_SECONDS)
        self.end()

    def owns(self, path: Path) -> bool:
        """Say whether a path lies right in one of the process's folders."""
        return path.parent in self._folders

    def _asked(self, request: Request, load: MakeLoad) -> tuple[str, Any]:
        if not self._ready:
            self._next(request, load)
            self._ready = True
        seconds = self.limits.time(request.time_bytes or 0)
        with self._bell:
            self._began, self._seconds = time.monotonic(), seconds
        # The limit of processor time is for an orphan: this process keeps the clock, and gives large folders more.
        self._send(pack((request.word, request.argument, list(request.roots), 10 * seconds + 600, self._memory)))
        return self._next(request, load)

    def _send(self, message: bytes) -> None:
        assert self._popen.stdin is not None
        with suppress(OSError, ValueError):  # a dead one is told nothing: that no answer comes tells of it
            self._popen.stdin.write(LENGTH.pack(len(message)) + message)
            self._popen.stdin.flush()

    def _next(self, request: Request, load: MakeLoad) -> tuple[str, Any]:
        assert self._popen.stdout is not None
        try:
            data = read_message(self._popen.stdout, self._memory)
            if data is not None:
                word, value, self.resident = unpack(data, load)
                return word, value
        except Exception as error:
            self._why = self._why or "its reader said what no reader says, and was ended"
            self.end()
            raise self._fault(request) from error
        self.end()
        raise self._fault(request)

    def _watch(self) -> None:
        """End the process when a request takes too long or too much (in a thread of its own)."""
        while True:
            with self._bell:
                # Not woken by each request: thousands of small ones must not wait for this thread.
                self._bell.wait(_TICK if self.request is not None else 5 * _TICK)
                request = self.request
                if self._over:
                    return
            if request is None:
                continue
            if time.monotonic() > self._began + self._seconds:
                self._end_late(request)
            elif resident(self._popen.pid) > self._memory + _BESIDE:
                self._kill_for(request, memory_words(self._memory))

    def _end_late(self, request: Request) -> None:
        """End it, or give it the time that all its files deserve: only now is that worth adding up."""
        if request.time_bytes is None and self._ready:
            seconds = self.limits.time(size_of_all(request.roots))
            if self._began + seconds > time.monotonic():
                self._seconds = seconds
                return
        self._kill_for(request, f"its reader took more than {self._seconds:.3g} s and was ended")

    def _kill_for(self, request: Request, why: str) -> None:
        with self._bell:
            if request is self.request:
                self._kill(why)

    def _kill(self, why: str) -> None:
        self._why = self._why or why
        kill(self._popen)

    def _fault(self, request: Request) -> Fault:
        why = self._why or f"its reader ended ({epitaph(self._popen.wait())})"
        if why == CANCELLED:
            return Fault(request.what, why)
        at = Path(self._note) if self._note else None
        place = f"at {at.name}" if at is not None and at.name not in request.what else ""
        self._threads[-1].join(0.5)
        detail = b"".join(word for word in self._words if _CRASH.match(word)).decode("utf-8", "replace")
        return ReaderEnded(request.what, why, at, place, detail)

    def _hear(self) -> None:
        assert self._popen.stderr is not None
        for raw in self._popen.stderr:
            self._words.append(raw[:500])


def _own_folders() -> list[Path]:
    """Return new folders that only this user may look into: one in memory where there is such a place, one on disk."""
    places = [str(_MEMORY_FOLDER)] if os.access(_MEMORY_FOLDER, os.W_OK) else []
    made = []
    for place in (*places, None):
        with suppress(OSError):
            made.append(Path(tempfile.mkdtemp(prefix="biofm-reader-", dir=place)).resolve())
    if not made:
        raise Fault("temporary folder", "the disk is full or may not be written to", "Free some space")
    return made
