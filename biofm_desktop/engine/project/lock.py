"""Who holds a project: one program writes, others look on."""

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import at_point, read_json
from biofm_desktop.engine.processes import begun as process_begun

LOCK = "project.lock"
_HELD: set[str] = set()


@dataclass(frozen=True)
class Holder:
    """A program that has a project open: process, computer, since when; ``begun`` tells equal process numbers apart."""

    pid: int
    host: str
    since: str
    begun: float
    token: str

    @classmethod
    def me(cls) -> "Holder":
        """Return this process."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(os.getpid(), socket.gethostname(), now, process_begun(os.getpid()) or 0.0, uuid4().hex)

    @property
    def alive(self) -> bool:
        """Say whether it still runs; of another computer it cannot be known, so yes."""
        if self.host != socket.gethostname():
            return True
        if self.pid == os.getpid():
            return self.token in _HELD
        begun = process_begun(self.pid)
        return begun is not None and abs(begun - self.begun) < 2.0

    @property
    def words(self) -> str:
        """Return who it is, for people."""
        return f"process {self.pid} on {self.host} since {self.since.replace('T', ' ')[:19]}"


def take(folder: Path, *, by_force: bool = False) -> Holder | None:
    """Take the lock of a project; return who holds it where that is another living program, None where it is ours.

    The lock of a program that ended is taken over. Raises `Fault` where the folder cannot be written to.
    """
    path, mine = folder / LOCK, Holder.me()
    for _ in range(5):
        try:
            at_point("project.lock", path)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            holder = held_by(folder)
            if holder is not None and holder.alive and not by_force:
                return holder
            _remove_stale(path)
        except OSError as error:
            raise system_fault(path, error) from error
        else:
            _sign(handle, path, mine)
            _HELD.add(mine.token)
            return None
    return held_by(folder) or mine


def _sign(handle: int, path: Path, mine: Holder) -> None:
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(mine), file)
            file.flush()
            at_point("project.sign", path)
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise system_fault(path, error) from error


def _remove_stale(path: Path) -> None:
    """Remove a lock by renaming it first: of two programs that take it over at once only one succeeds."""
    aside = path.with_name(f".{uuid4().hex[:8]}.part.{path.name}")
    try:
        at_point("project.unlock", path)
        path.rename(aside)
        aside.unlink()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise system_fault(path, error) from error


def held_by(folder: Path) -> Holder | None:
    """Return who holds a project; None: nobody, or the lock cannot be read."""
    try:
        values: dict[str, Any] = read_json(folder / LOCK)
        return Holder(**values)
    except (Fault, TypeError):
        return None


def give_back(folder: Path) -> None:
    """Let go of a lock that is ours."""
    holder = held_by(folder)
    if holder is not None and holder.pid == os.getpid() and holder.token in _HELD:
        _HELD.discard(holder.token)
        try:
            at_point("project.unlock", folder / LOCK)
            (folder / LOCK).unlink(missing_ok=True)
        except OSError as error:
            raise system_fault(folder / LOCK, error) from error
