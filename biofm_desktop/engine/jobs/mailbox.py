"""What the user wishes of a training under way, as lines in its run folder: any process can ask, wherever it runs."""

import json
from pathlib import Path
from typing import Any

from biofm_desktop.engine.files import append_lines

CONTROL = "control.jsonl"


def post(folder: Path, wish: dict[str, Any]) -> None:
    """Ask something of the training of a run folder; raise `Fault` where the folder cannot be written.

    ``{"pause": true}``, ``{"resume": true}``, ``{"stop": true}`` are for what runs it; ``{"change": {...}}`` is for the
    training itself (see `training.steering`).
    """
    append_lines(folder / CONTROL, [json.dumps(wish)], room="checkpoint")


class Mailbox:
    """The wishes that come from now on; each reader has its own. What came before is of an earlier time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CONTROL
        self._read = self._size()

    def new(self) -> list[dict[str, Any]]:
        """Return the wishes that came since the last call; half a line and what is no wish are left out."""
        if self._size() <= self._read:
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            whole, _, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + 1 if whole else 0
        return [wish for line in whole.splitlines() if isinstance(wish := _wish(line), dict)]

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0


def _wish(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
