"""A process of its own for a job, which outlives the window and the terminal: ``python -m ...runners.detached NAME``.

It runs a job of the register as `HereRun` does, writes down how it stands, and obeys what is put into the run folder's
mailbox. Once it has ended it starts the next job that was to follow.
"""

import faulthandler
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from biofm_desktop.engine.events import Event, Failed, Finished, to_line
from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.jobs import Job
from biofm_desktop.engine.jobs.mailbox import Mailbox
from biofm_desktop.engine.jobs.signing import sign
from biofm_desktop.engine.pipes import epitaph, module_call
from biofm_desktop.engine.processes import ProcessId

from .here import HereRun, failure, use_threads
from .register import Background, log_path, new_entry, read_entry, register, write_entry
from .serve import be_kind

#: The mailbox is looked into so often.
_LOOK_SECONDS = 0.2
_START_SECONDS = 60.0
_MODULE = "biofm_desktop.engine.runners.detached"


def start_detached(jobs: Sequence[tuple[Job, str]]) -> list[Background]:
    """Run jobs (each with a title) in the background, one after the other; return their entries in the register.

    Returns once the first one's process stands. Raises `Fault` where it does not come to that.
    """
    made: list[Background] = []
    for place, (job, title) in reversed(list(enumerate(jobs))):
        then = [entry.name for entry in made]
        made.insert(0, new_entry(job, title, state="waiting" if place else "starting", then=then))
    made = [replace(entry, began=made[0].began + place / 1000) for place, entry in enumerate(made)]  # in their order
    for entry in made:
        write_entry(entry)
    _wait_for(made[0], _spawned(made[0]))
    return [read_entry(entry.name) or entry for entry in made]


def _spawned(entry: Background) -> "subprocess.Popen[bytes]":
    """Start the process of an entry: no terminal, no window and no parent that could take it along."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    words, environment = module_call(_MODULE, [entry.name])
    try:
        with log_path(entry.name).open("ab") as log:
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=sys.platform != "win32",
                creationflags=flags,
            )
    except OSError as error:
        raise system_fault(log_path(entry.name), error) from error


def _wait_for(entry: Background, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the process has written that it runs."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        known = read_entry(entry.name)
        if known is None or known.state != "starting":
            threading.Thread(target=process.wait, daemon=True).start()  # were it never awaited, it would stay a zombie
            return
        if process.poll() is not None:
            raise _not_begun(entry, epitaph(process.returncode))
        time.sleep(0.02)
    process.kill()
    raise _not_begun(entry, f"no word of it in {_START_SECONDS:g} s")


def _not_begun(entry: Background, why: str) -> Fault:
    said = ""
    with suppress(OSError):
        said = log_path(entry.name).read_text(encoding="utf-8", errors="replace")[-4000:]
    fault = Fault(entry.title, f"its process in the background did not begin ({why})", "Start it here", detail=said)
    with suppress(Fault):
        write_entry(replace(entry, state="failed", since=time.time(), last=to_line(Failed(fault.message, said))))
    return fault


class Detached:
    """The inside of the process: one job of the register, from its start to its last word."""

    def __init__(self, entry: Background) -> None:
        self._entry, self._lock = entry, threading.Lock()
        self._run: HereRun | None = None
        self._signed = False

    def work(self) -> None:
        """Do the job, then have the next one started."""
        self._note(state="running", process=asdict(ProcessId.me()))
        self._sign_for_those_after()
        last: Event = Failed("The job ended without saying why. Start it again.")
        try:
            self._run = HereRun(self._entry.made_job())
        except Exception as error:  # noqa: BLE001 - written down as any failure
            last = failure(self._entry.title, error)
        else:
            threading.Thread(target=self._obey, name="mailbox", daemon=True).start()
            for event in self._run:
                last = event
                self._sign()
        self._finish(last)

    def stop(self) -> None:
        """End the job, saving what it learnt."""
        if self._run is not None:
            self._note(state="stopping")
            self._run.stop()

    def _obey(self) -> None:
        """Do what is put into the mailbox from now on; changes of the training are for its loop."""
        box, run = Mailbox(Path(self._entry.folder)), self._run
        assert run is not None
        while True:
            for wish in box.new():
                if wish.get("stop"):
                    self.stop()
                elif wish.get("pause"):
                    run.pause()
                    self._note(state="paused")
                elif wish.get("resume"):
                    run.resume()
                    self._note(state="running")
            time.sleep(_LOOK_SECONDS)

    def _note(self, **changes: Any) -> None:
        """Write down how it stands; that it cannot be written is no reason to stop learning."""
        with self._lock:
            if self._entry.last or (self._entry.state == "stopping" and "last" not in changes):
                return
            self._entry = replace(self._entry, since=time.time(), **changes)
            with suppress(Fault):
                write_entry(self._entry)

    def _sign(self) -> None:
        """Say in the run folder which process works there, once there is a folder."""
        if not self._signed and Path(self._entry.folder).is_dir():
            self._signed = True
            with suppress(Fault):
                sign(Path(self._entry.folder), self._entry.name)

    def _sign_for_those_after(self) -> None:
        for name in self._entry.then:
            follower = read_entry(name)
            if follower is not None and follower.state == "waiting":
                with suppress(Fault):
                    write_entry(replace(follower, process=asdict(ProcessId.me())))

    def _finish(self, last: Event) -> None:
        state = "failed"
        if isinstance(last, Finished):
            state = "stopped" if last.stopped else "done"
        self._start_next()
        self._note(state=state, last=to_line(last))

    def _start_next(self) -> None:
        """Start the first of those that wait for this one; those that the user took away are not there any more."""
        known = [entry for name in self._entry.then if (entry := read_entry(name)) is not None]
        following = [replace(entry, since=time.time()) for entry in known if entry.state == "waiting"]
        with suppress(Fault):
            for entry in following[1:]:
                write_entry(entry)
            if following:
                then = tuple(entry.name for entry in following[1:])
                write_entry(replace(following[0], state="starting", then=then))
                _spawned(following[0])


def main() -> None:
    """Do the job of the register that the argument names."""
    faulthandler.enable()
    be_kind()
    use_threads()
    register().mkdir(parents=True, exist_ok=True)
    entry = read_entry(sys.argv[1])
    if entry is None:
        sys.exit(f"there is no job {sys.argv[1]} in {register()}")
    detached = Detached(entry)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal is gone; that is what it is made for
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=detached.stop).start())  # the system shuts down
    detached.work()
    sys.stderr.flush()
    os._exit(0)  # libraries' exit handlers must not keep it alive


if __name__ == "__main__":
    main()
