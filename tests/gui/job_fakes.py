"""Stand-ins for jobs, runs and the warm child, whose events a test puts in."""

import queue
from dataclasses import dataclass

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.jobs.base import Job


@dataclass(frozen=True, kw_only=True)
class Idle(Job):
    """A made-up job."""

    name = "idle"
    what: str = "x"

    @property
    def title(self):
        return f"Idle {self.what}"

    def run(self):
        yield Finished("done")

    def command(self):
        return ["biofm", "idle", self.what]


class FakeRun:
    """A run whose events a test puts in."""

    def __init__(self, *events):
        self.feed, self.wishes = queue.Queue(), []
        for event in events:
            self.feed.put(event)

    def __iter__(self):
        while True:
            event = self.feed.get()
            if event is None:
                return
            if isinstance(event, Exception):
                raise event
            yield event
            if isinstance(event, Finished | Failed):
                return

    def pause(self):
        self.wishes.append("pause")

    def resume(self):
        self.wishes.append("resume")

    def stop(self):
        self.wishes.append("stop")
        self.feed.put(Finished("Stopped.", stopped=True))

    def kill(self):
        self.wishes.append("kill")
        self.feed.put(Failed("It was ended at once, as you asked."))


class FakeRunner:
    """Stands in for the warm child."""

    def __init__(self):
        self.runs, self.calls, self.next = [], [], None

    def start(self):
        self.calls.append("start")

    def run(self, job):
        run, self.next = self.next or FakeRun(), None
        self.runs.append((job, run))
        return run

    def close(self):
        self.calls.append("close")
