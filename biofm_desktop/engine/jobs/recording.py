"""A run's events kept in its folder, so that its plots can be drawn again."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from biofm_desktop.engine.events import Event, Failed, Finished, to_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import append_lines, new_folder
from biofm_desktop.engine.ranks import rank

EVENTS = "events.jsonl"
_SECONDS_BETWEEN = 0.5


@contextmanager
def run_folder(out: str) -> Iterator[Path]:
    """Give the new folder of a run; of several processes only the first writes there, the others beside it, for now.

    Raises `Fault` where it is there already.
    """
    if rank() == 0:
        yield new_folder(Path(out))
    else:
        with TemporaryDirectory(prefix="biofm-") as aside:
            yield Path(aside)


def recorded(events: Generator[Event, None, None], folder: Path) -> Iterator[Event]:
    """Pass the events on and append them to ``events.jsonl``, twice a second and at the end, however it ends."""
    if rank() > 0:  # the first process tells
        yield from events
        return
    waiting: list[str] = []
    written, ended = time.monotonic(), False
    try:
        for event in events:
            waiting.append(to_line(event))
            ended = isinstance(event, Finished)
            if time.monotonic() - written > _SECONDS_BETWEEN:
                append_lines(folder / EVENTS, waiting, room="checkpoint")
                waiting, written = [], time.monotonic()
            yield event
    except Fault as fault:
        waiting.append(to_line(Failed(fault.message, fault.detail)))
        ended = True
        raise
    finally:
        events.close()
        if not ended:
            waiting.append(to_line(Finished("stopped", stopped=True)))
        append_lines(folder / EVENTS, waiting, room="checkpoint")
