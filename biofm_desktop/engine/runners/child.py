"""Runs jobs in a warm child process: a crash, a full memory or a hostile file ends it, never the window."""

import collections
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from biofm_desktop.engine.events import Event, Failed, Finished, Saved, from_line
from biofm_desktop.engine.jobs.base import Job
from biofm_desktop.engine.pipes import epitaph, kill, spawn
from biofm_desktop.engine.runners.here import thread_count
from biofm_desktop.engine.runners.serve import COLD

#: A job that has not saved so long after `stop` is ended hard.
STOP_SECONDS = 30.0
_CLOSE_SECONDS = 2.0


class Child:
    """The warm child. It runs one job at a time; when it dies or is ended hard, another takes its place.

    All methods may be called from any thread. ``stop_seconds`` is the default patience of `ChildRun.stop`; ``cold``
    leaves out importing torch ahead.
    """

    def __init__(self, *, stop_seconds: float = STOP_SECONDS, cold: bool = False) -> None:
        self.stop_seconds, self.cold = stop_seconds, cold
        self._lock = threading.RLock()
        self._process: _Process | None = None
        self._closed, self._count = False, 0

    def start(self) -> None:
        """Start the process where none lives, and return at once; it imports torch meanwhile."""
        self._living()

    def wait_warm(self, timeout: float | None = None) -> bool:
        """Wait until the process has imported torch; return whether it has."""
        return self._living().warm.wait(timeout)

    @property
    def process_id(self) -> int | None:
        """Return the number of the living process, or None."""
        process = self._process
        return process.popen.pid if process is not None and process.alive else None

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the process told of itself (``seconds`` that the imports took)."""
        return dict(self._process.facts) if self._process is not None else {}

    def run(self, job: Job) -> "ChildRun":
        """Hand over a job. Raises RuntimeError while another is under way, and after `close`."""
        with self._lock:
            process = self._living()
            if process.run is not None:
                raise RuntimeError("the child runs another job")
            self._count += 1
            run = ChildRun(self, process, self._count, job)
            process.begin(run)
        return run

    def close(self) -> None:
        """End the process: at once when idle; a job under way is ended hard (stop it before to save)."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def _living(self) -> "_Process":
        with self._lock:
            if self._closed:
                raise RuntimeError("the child is closed")
            if self._process is None or not self._process.alive:
                self._process = _Process(self._died, cold=self.cold)
            return self._process

    def _died(self, dead: "_Process", run: "ChildRun | None") -> None:
        """Put another process in place of a dead one; its run learns of the death, or moves where it was not begun."""
        # One that never got as far as importing would only die again; the next `run` tries once more.
        with self._lock:
            if not self._closed and self._process is dead and dead.warm.is_set():
                self._process = _Process(self._died, cold=self.cold)
            if run is not None and self._process is not None and self._process is not dead and run.move(self._process):
                return
        if run is not None:
            run.take(None)


class ChildRun:
    """A job under way in the child; see `Run`. Iterate once; an iteration blocks until the next event comes."""

    def __init__(self, child: Child, process: "_Process", number: int, job: Job) -> None:
        self.job, self.number = job, number
        self._child, self._process = child, process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._saved: list[str] = []
        self._over, self.ended, self.taken = False, "", False
        self._moved = False
        self._timer: threading.Timer | None = None

    def pause(self) -> None:
        """Halt the job after its present step."""
        self._process.tell({"pause": self.number})

    def resume(self) -> None:
        """Go on after `pause`."""
        self._process.tell({"resume": self.number})

    def stop(self, within: float | None = None) -> None:
        """End the job after its present step, saving; end it hard when that takes longer than ``within`` seconds."""
        if self._over or not self._process.runs(self):
            return
        patience = self._child.stop_seconds if within is None else within
        self._process.tell({"stop": self.number})
        self._set_timer(threading.Timer(patience, self._end_hard, (f"It did not stop within {patience:g} seconds.",)))

    def kill(self) -> None:
        """End the child process at once; nothing more is saved."""
        self._end_hard("It was ended at once, as you asked.")

    def _end_hard(self, why: str) -> None:
        if self._process.runs(self):
            self.ended = self.ended or why
            self._process.kill()

    def _set_timer(self, timer: threading.Timer | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = timer
        if timer is not None:
            timer.daemon = True
            timer.start()

    def __iter__(self) -> Iterator[Event]:
        while not self._over:
            line = self._lines.get()
            event = self._death() if line is None else from_line(line)
            if isinstance(event, Saved):
                self._saved.append(event.path)
            if isinstance(event, (Finished, Failed)):
                self._over = True
                self._set_timer(None)
            yield event

    def take(self, line: str | None) -> None:
        """Queue a line of this run, or None for the death of its process."""
        self._lines.put(line)

    def move(self, process: "_Process") -> bool:
        """Begin on a new process and return True, where the old one died before it took the job; only once."""
        if self.taken or self.ended or self._moved:
            return False
        self._process, self._moved = process, True
        process.begin(self)
        return True

    def _death(self) -> Failed:
        saved = "Nothing of it was saved."
        if self._saved:
            saved = f"Saved until then: {self._saved[-1]}."
        elif out := getattr(self.job, "out", ""):
            saved = f"What it had saved is in {out}."
        why = self.ended or f"The training process ended unexpectedly ({self._process.epitaph})."
        return Failed(f"{self.job.title}: {why} {saved}", self._process.last_words)


class _Process:
    """One process with the threads that read it."""

    def __init__(self, died: "Callable[[_Process, ChildRun | None], None]", *, cold: bool) -> None:
        self.run: ChildRun | None = None
        self.warm, self.facts = threading.Event(), dict[str, Any]()
        self._died, self._words = died, collections.deque[str](maxlen=200)
        self._writing, self._lock, self._gone = threading.Lock(), threading.Lock(), False
        self.popen = spawn(
            "biofm_desktop.engine.runners.serve", [COLD] if cold else [], {"BIOFM_THREADS": str(thread_count())}
        )
        self._readers = [
            threading.Thread(target=work, name=f"child {work.__name__}", daemon=True)
            for work in (self._read_events, self._read_words)
        ]
        for thread in (*self._readers, threading.Thread(target=self._wait, name="child wait", daemon=True)):
            thread.start()

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def last_words(self) -> str:
        """Return the end of what the process wrote to stderr."""
        return "\n".join(self._words)

    @property
    def epitaph(self) -> str:
        """Return in plain words how the process ended."""
        return epitaph(self.popen.wait())

    def runs(self, run: ChildRun) -> bool:
        """Say whether this run is under way here."""
        return self.run is run

    def begin(self, run: ChildRun) -> None:
        with self._lock:
            gone = self._gone
            self.run = None if gone else run
        if gone:
            self._died(self, run)
            return
        self._words.clear()
        self.tell({"run": run.number, "job": run.job.to_json()})

    def tell(self, message: dict[str, Any]) -> None:
        """Write one line to the process; a dead one is told nothing, its run learns of it otherwise."""
        line = json.dumps(message).encode("utf-8") + b"\n"
        with self._writing, suppress(OSError, ValueError):
            assert self.popen.stdin is not None
            self.popen.stdin.write(line)
            self.popen.stdin.flush()

    def kill(self) -> None:
        """End the process and what it started."""
        kill(self.popen)

    def close(self) -> None:
        """Let an idle process end by itself, any other hard."""
        if self.run is None:
            with self._writing, suppress(OSError):
                assert self.popen.stdin is not None
                self.popen.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(_CLOSE_SECONDS if self.warm.is_set() else 0.0)
        self.kill()
        self.popen.wait()

    def _read_events(self) -> None:
        assert self.popen.stdout is not None
        for raw in self.popen.stdout:
            number, _, line = raw.decode("utf-8").rstrip("\n").partition(" ")
            if number == "0":
                self._learn(json.loads(line))
            elif (run := self.run) is not None and str(run.number) == number:
                if line.startswith(('{"event": "Finished"', '{"event": "Failed"')):
                    self.run = None  # the next job may come as soon as this line is seen
                run.take(line)

    def _learn(self, facts: dict[str, Any]) -> None:
        run = self.run
        if facts["state"] == "took" and run is not None and run.number == facts["run"]:
            run.taken = True
        elif facts["state"] == "warm":
            self.facts.update(facts)
            self.warm.set()

    def _read_words(self) -> None:
        assert self.popen.stderr is not None
        for raw in self.popen.stderr:
            self._words.append(raw.decode("utf-8", "replace").rstrip()[:2000])

    def _wait(self) -> None:
        """Tell the run when the process has ended, after its last line."""
        self.popen.wait()
        # Workers that it forked hold the pipes open: end them, or the readers wait for them.
        self.kill()
        for reader in self._readers:
            reader.join(timeout=2.0)
        with self._lock:
            self._gone = True
            run, self.run = self.run, None
        self._died(self, run)
