"""The child's side of the pipe: ``python -m biofm_desktop.engine.runners.serve``.

Down the pipe (stdin) come lines of JSON: ``{"run": 3, "job": {...}}``, ``{"pause": 3}``, ``{"resume": 3}``,
``{"stop": 3}``; the pipe's end means that the parent is gone. Up come lines ``3 <event>``; ``0 <facts>`` tells of the
child itself.
"""

import collections
import faulthandler
import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

from biofm_desktop.engine.events import Event, Saved, to_line
from biofm_desktop.engine.pipes import own_pipes
from biofm_desktop.engine.runners.allocator import give_back_memory
from biofm_desktop.engine.runners.here import HereRun, failure, use_threads

#: The argument of a child that imports nothing ahead.
COLD = "--cold"
PACKET_SECONDS = 0.05
#: So many lines wait for the pipe before the job must.
LINES_WAITING = 10_000
#: Idle for so long, it imports what trainings need at the end of an epoch.
IDLE_SECONDS = 1.0
#: So long an orphan may take to save before it ends hard.
ORPHAN_SECONDS = 10.0


class Sender:
    """Writes lines to the parent from a thread of its own: at most 20 packets a second, no line lost."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lines: collections.deque[str] = collections.deque()
        self._changed, self._closing, self._sending = threading.Condition(), False, False
        self._thread = threading.Thread(target=self._work, name="sender", daemon=True)
        self._thread.start()

    def send(self, line: str, *, wait: bool = False) -> None:
        """Hand over a line; wait where the parent has not read for long, or until it is on its way (``wait``)."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._lines) < LINES_WAITING or self._closing)
            self._lines.append(line)
            self._changed.notify_all()
            if wait:
                self._changed.wait_for(lambda: not (self._lines or self._sending) or self._closing)

    def close(self) -> None:
        """Send what is left."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=2.0)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._closing)
                packet = "".join(line + "\n" for line in self._lines)
                self._lines.clear()
                self._sending = bool(packet)
            if not packet:
                return
            with suppress(OSError):  # the parent is gone: the reader of stdin ends this process
                self._pipe.write(packet.encode("utf-8"))
                self._pipe.flush()
            with self._changed:
                self._sending = False
                self._changed.notify_all()
            if not self._closing:
                time.sleep(PACKET_SECONDS)


class Server:
    """Runs the jobs that the parent asks for, one after the other, in the main thread."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.sender = Sender(pipe)
        self.asked: queue.SimpleQueue[tuple[int, dict[str, Any]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: tuple[int, HereRun] | None = None
        self._early: dict[int, str] = {}
        self._last = 0

    def listen(self, commands: BinaryIO) -> None:
        """Obey the parent's lines until the pipe ends; then stop what runs, and end."""
        for line in commands:
            message = json.loads(line)
            if "job" in message:
                self.tell(state="took", run=message["run"])
                self.asked.put((message["run"], message["job"]))
            else:
                ((word, number),) = message.items()
                self._control(word, number)
        with self._lock:
            if self._current is not None:
                self._current[1].stop()
        self.asked.put(None)
        time.sleep(ORPHAN_SECONDS)
        os._exit(1)

    def _control(self, word: str, number: int) -> None:
        with self._lock:
            if self._current is not None and self._current[0] == number:
                _obey(self._current[1], word)
            elif number > self._last and self._early.get(number) != "stop":
                self._early[number] = word  # it came before its job was begun

    def tell(self, **facts: Any) -> None:
        """Tell the parent of this process itself."""
        self.sender.send("0 " + json.dumps(facts))

    def work(self) -> None:
        """Do the jobs until the parent goes."""
        while (asked := self._next()) is not None:
            number, values = asked
            for event in self._events(number, values):
                # A crash right after a save must not hide that there is something saved.
                self.sender.send(f"{number} {to_line(event)}", wait=isinstance(event, Saved))
            give_back_memory()
        self.sender.close()

    def _next(self) -> tuple[int, dict[str, Any]] | None:
        """Return the next job; while none comes, import what is not needed at once."""
        if COLD not in sys.argv:
            try:
                return self.asked.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                _import(("sklearn.metrics",))
        return self.asked.get()

    def _events(self, number: int, values: dict[str, Any]) -> Iterator[Event]:
        from biofm_desktop.engine.jobs import job_from_json

        try:
            run = HereRun(job_from_json(values))
        except Exception as error:  # noqa: BLE001 - told to the parent as any failure
            yield failure(str(values.get("job")), error)
            return
        with self._lock:
            self._current, self._last = (number, run), number
            _obey(run, self._early.pop(number, ""))
        try:
            yield from run
        finally:
            with self._lock:
                self._current = None


def _obey(run: HereRun, word: str) -> None:
    match word:
        case "pause":
            run.pause()
        case "resume":
            run.resume()
        case "stop":
            run.stop()


def _import(names: Sequence[str]) -> None:
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)


def warm_up() -> float:
    """Import what jobs need, ahead of the first; return how many seconds it took."""
    began = time.perf_counter()
    _import(("torch", "torchvision", "torch.optim", "torch._dynamo"))  # the first optimizer imports the compiler
    use_threads()
    return round(time.perf_counter() - began, 3)


def be_kind() -> None:
    """Let the window go first on the processor."""
    with suppress(OSError, AttributeError, ImportError):
        if sys.platform == "win32":
            import psutil

            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(10)


def main() -> None:
    """Serve the parent until it goes."""
    commands, events = own_pipes()
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the window's terminal is the window's affair
    be_kind()
    use_threads()
    server = Server(events)
    threading.Thread(target=server.listen, args=(commands,), name="commands", daemon=True).start()
    server.tell(state="warm", seconds=0.0 if COLD in sys.argv else warm_up())
    server.work()
    # Daemon threads and libraries' exit handlers must not keep an ended child alive.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
