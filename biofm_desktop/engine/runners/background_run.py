"""A job in the background, as a run: its events are read from its run folder, wishes go into its mailbox."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from biofm_desktop.engine.events import Event, Failed, Finished, Warned, from_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs.mailbox import post
from biofm_desktop.engine.jobs.recording import EVENTS
from biofm_desktop.engine.processes import ProcessId

from .cluster import ClusterEyes, cancel_entry
from .register import ENDED, Background, forget, read_entry
from .tail import Tail

_LOOK_SECONDS = 0.25


class BackgroundRun:
    """Follows an entry of the register; see `Run`. It gives the events of the whole run, earlier parts of it first.

    `leave` ends the iteration and lets the job go on.
    """

    def __init__(self, entry: Background) -> None:
        self.entry = entry
        self._left, self._killed = threading.Event(), False
        self._early: list[str] = []
        self._eyes, self._followed, self._ends = ClusterEyes(), False, False

    def pause(self) -> None:
        """Halt the job after its present step."""
        self._wish("pause")

    def resume(self) -> None:
        """Go on after `pause`."""
        self._wish("resume")

    def stop(self) -> None:
        """End the job after its present step, saving; one that waits is taken away."""
        known = read_entry(self.entry.name)
        if known is not None and known.state == "waiting" and known.cluster:
            self._cancel(known)
        elif known is not None and known.state == "waiting":
            forget(known)
        else:
            self._wish("stop")

    def kill(self) -> None:
        """End the process of the job at once; what it has not saved is lost. A cluster gives it moments to save."""
        known = read_entry(self.entry.name)
        if known is not None and known.cluster and known.state not in ENDED:
            self._killed = True
            self._cancel(known)
        elif known is None or known.state == "waiting":
            self.stop()
        elif not known.ended:
            self._killed = True
            kill_entry(known)

    def _cancel(self, known: Background) -> None:
        if self._followed:  # SLURM may take its time: not in the thread of who asks
            self._ends = True
        else:
            cancel_entry(known)

    def leave(self) -> None:
        """Look no longer; the job goes on."""
        self._left.set()

    @property
    def begun(self) -> bool:
        """Say whether the job has taken its run folder, into which wishes go."""
        return (Path(self.entry.folder) / "job.json").is_file()

    def _wish(self, word: str) -> None:
        if self.begun:
            post(Path(self.entry.folder), {word: True})
        else:
            self._early.append(word)  # a new folder must be empty when the job takes it

    def __iter__(self) -> Iterator[Event]:
        tail = Tail(Path(self.entry.folder) / EVENTS)
        self._followed = True
        while True:
            known = read_entry(self.entry.name)
            if known is not None and known.cluster:
                yield from self._end_there(known)
                [known] = self._eyes.look([known])
            while self._early and self.begun:
                self._wish(self._early.pop(0))
            over = known is None or known.ended  # asked before the lines are read, so that none is missed
            if known is None or known.state != "waiting":
                yield from _told(tail)
            if over:
                yield self._end(known)
                return
            if self._left.wait(_LOOK_SECONDS):
                yield Finished("It goes on in the background", stopped=True)
                return

    def _end_there(self, known: Background) -> Iterator[Event]:
        if self._ends:
            self._ends = False
            try:
                cancel_entry(known)
            except Fault as fault:
                yield Warned(fault.message)

    def _end(self, known: Background | None) -> Event:
        if known is None:
            return Finished("It was taken out of the list", stopped=True)
        if known.last_event is None and self._killed:
            return Failed(f"{known.title}: ended at once, as you asked. What was saved before stands")
        return last_word(known)


def last_word(entry: Background) -> Finished | Failed:
    """Return how an ended job ended, in its own words where it had any."""
    return entry.last_event or Failed(
        f"{entry.title}: its process is gone without a last word (killed, or the computer went off). What it had saved "
        f"is in {entry.folder}. Go on with it from there."
    )


def kill_entry(entry: Background) -> None:
    """End the process of an entry and what it started; raise `Fault` where that is not possible from here."""
    import psutil

    process = ProcessId(**entry.process)
    if entry.state in ("waiting", "starting"):  # the process is the one that starts it
        raise Fault(entry.folder, "its process has not begun yet", "Try again in a moment")
    if not process.here:
        raise Fault(entry.folder, f"it runs on another computer ({process.host})", "End it there")
    if process.alive:
        with suppress(psutil.Error):
            found = psutil.Process(process.pid)
            for one in [*found.children(recursive=True), found]:
                with suppress(psutil.Error):
                    one.kill()


def _told(tail: Tail) -> Iterator[Event]:
    """Give the events that came since; how earlier parts of the run ended is history."""
    for line in tail.new():
        with suppress(Fault):  # another version wrote it
            event = from_line(line)
            if not isinstance(event, (Finished, Failed)):
                yield event
