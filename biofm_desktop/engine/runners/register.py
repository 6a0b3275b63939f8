"""The register of jobs that run, or ran, in the background: a file each, which the job's own process keeps up to date.

A process that is gone without a last word (killed, or the computer went off) is known by its number and its start.
"""

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from biofm_desktop.engine.events import Failed, Finished, from_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, remove, write_json
from biofm_desktop.engine.jobs import Job, job_from_json
from biofm_desktop.engine.jobs.again import run_folder_of
from biofm_desktop.engine.processes import ProcessId
from biofm_desktop.paths import config_dir

ENDED = ("done", "stopped", "failed")
#: So long a process may take from its start to its first word.
_START_SECONDS = 120.0
#: So long an ended job stays in the register.
_KEEP_SECONDS = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Background:
    """A job of the register.

    ``state`` is ``waiting`` (for the one before it), ``starting``, ``running``, ``paused``, ``stopping``, ``done``,
    ``stopped`` or ``failed``, as its process said last, at ``since`` (seconds since 1970); `standing` is what is true
    now. ``process`` runs it, or is to start it; ``then`` are the names of those that come after it. ``last`` is its
    last event as a line. A job on a cluster has its entry in the folder ``home``, which the nodes see; ``cluster`` says
    its ``profile`` and the ``number`` that SLURM gave it.
    """

    name: str
    title: str
    job: dict[str, Any]
    folder: str
    process: dict[str, Any]
    state: str
    since: float
    began: float
    then: tuple[str, ...] = ()
    last: str = ""
    home: str = ""
    cluster: dict[str, str] = field(default_factory=dict)

    @property
    def standing(self) -> str:
        """Return the state; ``broken off`` where its process is gone without a last word."""
        if self.state in ENDED or self.cluster or ProcessId(**self.process).alive:  # of a cluster SLURM knows
            return self.state
        fresh = self.state in ("starting", "waiting") and time.time() - self.since < _START_SECONDS
        return self.state if fresh else "broken off"

    @property
    def ended(self) -> bool:
        """Say whether it is over, one way or the other."""
        return self.standing in (*ENDED, "broken off")

    @property
    def last_event(self) -> Finished | Failed | None:
        """Return its last event; None while it runs, and where it broke off."""
        with suppress(Fault):
            event = from_line(self.last)
            return event if isinstance(event, (Finished, Failed)) else None
        return None

    def made_job(self) -> Job:
        """Return the job; raise `Fault` where this version does not know it."""
        return job_from_json(self.job)


def register() -> Path:
    """Return the folder of the register."""
    return config_dir() / "background"


def log_path(name: str) -> Path:
    """Return the file that takes what a background process prints."""
    return register() / f"{name}.log"


def new_entry(job: Job, title: str, *, state: str = "starting", then: Sequence[str] = ()) -> Background:
    """Return an entry for a job, not yet written; raise `Fault` for a job that leaves no run folder."""
    folder = run_folder_of(job)
    if folder is None or not job.trains:
        raise Fault(
            job.title, "it leaves no run folder, so it cannot run in the background", "Run it here, or in the window"
        )
    word = re.sub(r"[^\w.-]+", "_", folder.name)[:60]
    now = time.time()
    return Background(
        name=f"{word}-{uuid4().hex[:6]}",
        title=title or job.title,
        job=job.to_json(),
        folder=str(folder.absolute()),
        process=asdict(ProcessId.me()),
        state=state,
        since=now,
        began=now,
        then=tuple(then),
    )


def write_entry(entry: Background) -> None:
    """Write an entry; raise `Fault` where the disk does not let us."""
    write_json(_path(entry.name, Path(entry.home) if entry.home else None), asdict(entry), room="settings")


def write_pointer(entry: Background) -> None:
    """Write into the register itself that there is an entry elsewhere (``home``), and the number of its job."""
    write_json(_path(entry.name), asdict(entry), room="settings")


def read_entry(name: str) -> Background | None:
    """Return an entry; None where there is none of this name, or none that can be read."""
    made = read_entry_in(register(), name)
    if made is None or not made.home:
        return made
    there = read_entry_in(Path(made.home), name)  # which its job keeps up to date; only we know its number
    return replace(there, cluster=made.cluster) if there is not None else made


def read_entry_in(folder: Path, name: str) -> Background | None:
    """Return the entry of this name that lies in a folder, as `read_entry` does."""
    try:
        values = read_json(_path(name, folder))
        known = {place.name for place in fields(Background)}
        made = Background(**{key: value for key, value in values.items() if key in known})
        ProcessId(**made.process)
        return replace(made, then=tuple(made.then), cluster=dict(made.cluster))
    except (Fault, TypeError, AttributeError, ValueError):
        return None


def said_of(entry: Background, most: int = 4000) -> str:
    """Return the end of what the processes of a job printed."""
    logs = sorted((Path(entry.home) / entry.name).glob("*.out")) if entry.home else [log_path(entry.name)]
    said = []
    for log in logs:
        with suppress(OSError):
            said.append(log.read_text(encoding="utf-8", errors="replace")[-most:])
    return "\n".join(said)


def entries() -> list[Background]:
    """Return the whole register, the oldest first; what ended long ago is dropped from it."""
    found = []
    for path in register().glob("*.json"):
        entry = read_entry(path.stem)
        if entry is None:
            continue
        if entry.state in ENDED and time.time() - entry.since > _KEEP_SECONDS:
            with suppress(Fault):
                forget(entry)
            continue
        found.append(entry)
    return sorted(found, key=lambda entry: (entry.began, entry.name))


def entry_of(run: str) -> Background:
    """Return the latest entry of a run folder, or that of this name; raise `Fault` where there is none."""
    named = read_entry(run) if re.fullmatch(r"[\w.-]+", run) else None
    folder = str(Path(run).expanduser().absolute())
    found = [entry for entry in entries() if entry.folder == folder]
    if named is None and not found:
        raise Fault(run, "no job of this run folder is in the background", "See 'biofm jobs'")
    return found[-1] if found else named  # type: ignore[return-value]


def forget(entry: Background) -> None:
    """Take an entry out of the register; its run folder stays. Raises `Fault` for one that is under way."""
    if not entry.ended and entry.state != "waiting":
        raise Fault(entry.folder, "it is still under way", "Stop it first")
    remove(_path(entry.name), room="settings")
    if entry.home:
        remove(_path(entry.name, Path(entry.home)), room="settings")
    remove(log_path(entry.name), room="settings")


def _path(name: str, folder: Path | None = None) -> Path:
    return (folder or register()) / f"{name}.json"
