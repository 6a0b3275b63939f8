"""The jobs that wait for their turn, kept so that the next start of the window finds them: after a crash as well."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, remove, write_json
from biofm_desktop.engine.processes import ProcessId
from biofm_desktop.paths import config_dir

from .again import left_over
from .base import Job

VERSION = 1


@dataclass(frozen=True)
class Waiting:
    """A job with what the window calls it."""

    job: Job
    title: str


def _folder() -> Path:
    return config_dir() / "queue"


def _own(me: ProcessId) -> Path:
    return _folder() / f"{me.pid}-{round(me.begun)}.json"


class KeptQueue:
    """The file of this process: ``running`` (None: nothing runs) and the jobs that wait, in their order."""

    def __init__(self) -> None:
        self._me = ProcessId.me()
        self._last: dict[str, Any] | None = None
        self._taken: list[Path] = []

    def keep(self, waiting: Sequence[Waiting], running: Waiting | None = None) -> None:
        """Note what waits now; raise `Fault` where the disk does not let us."""
        values = {
            "version": VERSION,
            "process": asdict(self._me),
            "running": _values(running) if running else None,
            "waiting": [_values(entry) for entry in waiting],
        }
        if values == self._last and not self._taken:
            return
        if waiting or running:
            write_json(_own(self._me), values, room="settings")
        else:
            remove(_own(self._me), room="settings")
        self._last = values
        while self._taken:  # what was taken over is kept here now
            remove(self._taken.pop(), room="settings")

    def left(self) -> list[Waiting]:
        """Return what windows that are gone left waiting; what they trained when they went comes first, to go on.

        It is handed over with the next `keep`. Jobs that this version does not know are left out.
        """
        found: list[Waiting] = []
        for path in sorted(_folder().glob("*.json")):
            with suppress(Fault):
                found += self._handed_over(path)
        return found

    def _handed_over(self, path: Path) -> list[Waiting]:
        values = read_json(path)
        try:
            process = ProcessId(**values["process"])
            running, waiting = values["running"], list(values["waiting"])
        except (KeyError, TypeError, ValueError):
            remove(path, room="settings")
            return []
        if process.alive:
            return []
        self._taken.append(path)
        broken = [Waiting(left_over(entry.job), entry.title) for entry in _made([running] if running else [])]
        return broken + _made(waiting)


def _values(entry: Waiting) -> dict[str, Any]:
    return {"title": entry.title, "job": entry.job.to_json()}


def _made(entries: Iterable[Any]) -> list[Waiting]:
    from . import job_from_json  # the list of jobs, which is made after its members

    made = []
    for entry in entries:
        with suppress(Fault, KeyError, TypeError, AttributeError):
            made.append(Waiting(job_from_json(entry["job"]), str(entry["title"])))
    return made
