"""``biofm hints``: what the curves of a run suggest to do next."""

import argparse
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from biofm_desktop.engine.events import from_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.hints import Hint, Watcher

from .show import plain, say, say_json


def hints(given: argparse.Namespace) -> int:
    """Print the hints of a run, each with its reason."""
    found = _read(Path(given.run).absolute())
    for hint in found:
        say_json(asdict(hint)) if given.json else say(str(hint))
    if not found and not given.json:
        say("nothing stands out in the curves of this run")
    return 0


def tell_hints(folder: Path) -> None:
    """Print the hints of a run that has just ended."""
    for hint in _read(folder):
        sys.stderr.write(plain(f"hint: {hint}") + "\n")


def _read(folder: Path) -> list[Hint]:
    path, watcher = folder / "events.jsonl", Watcher()
    if not path.is_file():
        raise Fault(folder, "it is not the folder of a run: it holds no events.jsonl", "Name the folder of a training")
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with suppress(Fault):  # a crash may have cut it
                watcher.take([from_line(line)])
    return watcher.hints()
