"""A process of its own for a job, which outlives the window and the terminal: ``python -m ...runners.detached NAME``.

It runs a job of the register as `HereRun` does, writes down how it stands, and obeys what is put into the run folder's
mailbox. Once it has ended it starts the next job that was to follow. Where a job wants several processes, torchrun
starts this module in each of them; the first is the one that tells.
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
from typing import Any, NoReturn

from biofm_desktop.engine.crew import Crew
from biofm_desktop.engine.events import Event, Failed, Finished, Started, to_line
from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.jobs import Job
from biofm_desktop.engine.jobs.crews import crew_of_job
from biofm_desktop.engine.jobs.mailbox import Mailbox, post
from biofm_desktop.engine.jobs.signing import sign, unsign
from biofm_desktop.engine.pipes import epitaph
from biofm_desktop.engine.ranks import rank, world_size

from .here import HereRun, failure, use_threads
from .register import Background, log_path, new_entry, read_entry, register, said_of, write_entry
from .serve import be_kind
from .team import leader, team_call, work_beside

#: The mailbox is looked into so often.
_LOOK_SECONDS = 0.2
_START_SECONDS, _TEAM_SECONDS = 60.0, 240.0
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
    words, environment = team_call(_MODULE, [entry.name], _crew(entry))
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


def _crew(entry: Background) -> Crew:
    try:
        job = entry.made_job()
    except Fault:
        return Crew("auto")  # the process says what is wrong with it
    return crew_of_job(job)


def _wait_for(entry: Background, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the process has written that it runs."""
    patience = _START_SECONDS if _crew(entry).count == 1 else _TEAM_SECONDS  # torchrun imports torch first
    until = time.monotonic() + patience
    while time.monotonic() < until:
        known = read_entry(entry.name)
        if known is None or known.state != "starting":
            threading.Thread(target=process.wait, daemon=True).start()  # were it never awaited, it would stay a zombie
            return
        if process.poll() is not None:
            raise _not_begun(entry, epitaph(process.returncode))
        time.sleep(0.02)
    process.kill()
    raise _not_begun(entry, f"no word of it in {patience:g} s")


def _not_begun(entry: Background, why: str) -> Fault:
    said = said_of(entry)
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
        self._asked: list[dict[str, Any]] | None = [] if world_size() > 1 else None
        self._stops = False

    def work(self) -> bool:
        """Do the job, then have the next one started; say whether it went well."""
        self._note(state="running", process=asdict(leader()))
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
                if isinstance(event, Started):
                    self._pass_on()
        self._finish(last)
        return isinstance(last, Finished)

    def stop(self) -> None:
        """End the job, saving what it learnt."""
        if self._run is not None:
            self._stops = True
            self._note(state="stopping")
            if world_size() == 1:
                self._run.stop()
            elif self._asked is not None:
                self._asked.append({"stop": True})
            else:  # the loop takes it out of the mailbox and ends all processes at the same step
                with suppress(Fault):
                    post(Path(self._entry.folder), {"stop": True})

    def _pass_on(self) -> None:
        """Several processes wait and end by what their loop finds in the mailbox: it has one by now."""
        asked, self._asked = self._asked or [], None
        for wish in asked:
            with suppress(Fault):
                post(Path(self._entry.folder), wish)

    def _obey(self) -> None:
        """Do what is put into the mailbox from now on; changes of the training are for its loop."""
        box, run = Mailbox(Path(self._entry.folder)), self._run
        assert run is not None
        while True:
            for wish in box.new():
                self._do(wish, run)
            time.sleep(_LOOK_SECONDS)

    def _do(self, wish: dict[str, Any], run: HereRun) -> None:
        alone = world_size() == 1
        if self._asked is not None:
            self._asked.append(wish)
        if wish.get("stop") and not self._stops:
            self.stop() if alone else self._note(state="stopping")
            self._stops = True
        elif wish.get("pause"):
            run.pause() if alone else None
            self._note(state="paused")
        elif wish.get("resume"):
            run.resume() if alone else None
            self._note(state="running")

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
                sign(Path(self._entry.folder), self._entry.name, leader())

    def _sign_for_those_after(self) -> None:
        for name in self._entry.then:
            follower = read_entry(name)
            if follower is not None and follower.state == "waiting":
                with suppress(Fault):
                    write_entry(replace(follower, process=asdict(leader())))

    def _finish(self, last: Event) -> None:
        state = "failed"
        if world_size() > 1 and self._stops and isinstance(last, Finished):  # to the loop it is an end like others
            last = replace(last, stopped=True)
        if world_size() > 1 and isinstance(last, Failed):
            said = said_of(self._entry)
            last = replace(last, detail=f"{last.detail}\n\nSaid by the processes:\n{said}")
        if isinstance(last, Finished):
            state = "stopped" if last.stopped else "done"
        self._start_next()
        unsign(Path(self._entry.folder), self._entry.name)
        self._note(state=state, last=to_line(last))

    def refuse(self, why: Failed) -> None:
        """Write down why the job cannot be done here."""
        self._note(state="failed", last=to_line(why))

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
    if rank() > 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the first process says when to stop
        _leave(work_beside(entry))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=detached.stop).start())  # the system shuts down
    well = detached.work()
    _leave(0 if well or world_size() == 1 else 1)  # torchrun ends the others of a job that failed


def _leave(status: int) -> NoReturn:
    sys.stderr.flush()
    os._exit(status)  # libraries' exit handlers must not keep it alive


if __name__ == "__main__":
    main()
