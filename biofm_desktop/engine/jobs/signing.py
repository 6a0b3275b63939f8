"""Which process trains a run folder in the background, said in the folder itself: two at once would spoil it."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, remove, write_json
from biofm_desktop.engine.processes import ProcessId

SIGN = "background.json"


def sign(folder: Path, name: str, process: ProcessId) -> None:
    """Say that a process trains the run folder, as the job ``name`` of the register; raise `Fault` if it cannot."""
    write_json(folder / SIGN, {"name": name, "process": asdict(process)}, room="checkpoint")


def unsign(folder: Path, name: str) -> None:
    """Say that nobody trains the run folder any more, where the job ``name`` had said that it does."""
    with suppress(Fault, OSError, TypeError, AttributeError):
        if read_json(folder / SIGN).get("name") == name:
            remove(folder / SIGN, room="checkpoint")


def check_free(folder: Path) -> None:
    """Raise `Fault` where another living process trains a run folder in the background."""
    with suppress(KeyError, TypeError, AttributeError):
        try:
            values = read_json(folder / SIGN)
        except Fault:
            return  # none was ever there, or it cannot be read
        process = ProcessId(**values["process"])
        mine = ProcessId.me()
        if process.alive and (process.pid, process.host) != (mine.pid, mine.host):
            raise Fault(
                folder,
                f"{process.words} trains it in the background",
                "Wait for its end, or stop it: 'biofm jobs stop RUN', or in the Jobs panel",
            )
