"""Where the user was, so that the next start after a crash goes on there."""

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.paths import config_dir

_FILE = "session.json"
#: After so many crashes in a row the next start offers to begin without what was open.
CRASHES = 2


@dataclass(frozen=True)
class Session:
    """A project and the sample that was shown; ``ended`` says that the program was closed in good order.

    ``crashes`` counts the starts in a row that did not end so.
    """

    project: str = ""
    key: str = ""
    ended: bool = True
    crashes: int = 0
    pid: int = 0

    @property
    def doubtful(self) -> bool:
        """Say whether what was open may be what makes the program crash."""
        return bool(self.project) and self.crashes >= CRASHES


def begin_session() -> Session:
    """Note that the program runs; return what was noted last: where to go on, if that did not end in good order.

    A session of another window that still runs is left alone: an ended one is returned then.
    """
    last = _read()
    if not last.ended and _runs(last.pid):
        return Session()
    crashed = 0 if last.ended else last.crashes + 1
    _write(replace(last, ended=False, crashes=crashed, pid=os.getpid()))
    return replace(last, crashes=crashed)


def note_place(project: Path | None, key: str) -> None:
    """Note what is open and shown."""
    last = _read()
    if last.pid in (0, os.getpid()):
        _write(replace(last, project=str(project) if project else "", key=key, ended=False, pid=os.getpid()))


def stays_up() -> None:
    """Note that the program has run for a while: what is open does not make it crash at once."""
    last = _read()
    if last.pid == os.getpid() and last.crashes:
        _write(replace(last, crashes=0))


def end_session() -> None:
    """Note that the program was closed in good order."""
    last = _read()
    if last.pid == os.getpid():
        _write(replace(last, ended=True, crashes=0))


def _read() -> Session:
    try:
        return Session(**read_json(config_dir() / _FILE))
    except (Fault, TypeError):
        return Session()


def _write(session: Session) -> None:
    try:
        write_json(config_dir() / _FILE, asdict(session), room="settings")
    except Fault:
        return  # a folder that cannot be written to costs only the way back


def _runs(pid: int) -> bool:
    import psutil

    return pid not in (0, os.getpid()) and psutil.pid_exists(pid)
