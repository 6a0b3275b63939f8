"""The choices of earlier trainings, found again for the same task and model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.paths import config_dir

VERSION = 1


class Remembered:
    """A settings file of choices; a missing or broken one is an empty one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or config_dir() / "training.json"
        try:
            stored = read_json(self._path)
            kept = stored["choices"] if stored.get("version") == VERSION else {}
        except (Fault, KeyError, AttributeError):
            kept = {}
        self._choices: dict[str, Any] = kept if isinstance(kept, dict) else {}

    def get(self, *path: str) -> dict[str, Any]:
        """Return the choices kept under a task, or under a task and a model (empty: none)."""
        found = self._choices.get("/".join(path))
        return dict(found) if isinstance(found, dict) else {}

    def keep(self, values: Mapping[str, Any], *path: str) -> None:
        """Keep choices under a task, or under a task and a model; raise `Fault` where the disk does not let us."""
        self._choices["/".join(path)] = dict(values)
        write_json(self._path, {"version": VERSION, "choices": self._choices}, room="settings")
