"""The last events of a run folder, without reading all of them."""

from contextlib import suppress
from pathlib import Path

from biofm_desktop.engine.events import Event, from_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs.recording import EVENTS

_TAIL = 1 << 14


def last_events(folder: Path) -> list[Event]:
    """Return the last events that a run told (none where it told nothing yet)."""
    found: list[Event] = []
    with suppress(OSError), (folder / EVENTS).open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        lines = file.read().split(b"\n")[1 if size > _TAIL else 0 : -1]  # a cut first line, and what is not whole yet
        for line in lines:
            with suppress(Fault):
                found.append(from_line(line.decode("utf-8", errors="replace")))
    return found
