"""What the window remembers from one day to the next: its shape, its panels and what was opened last."""

import json
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from biofm_desktop.paths import config_dir

_RECENT = 12
#: Raised when the panels change, so that a layout of an older version is not forced upon new ones.
_LAYOUT_VERSION = 2


class WindowMemory:
    """A file in the settings folder; where it cannot be written, the window simply forgets."""

    def __init__(self) -> None:
        self._store = QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)

    def recent(self) -> list[tuple[Path, ...]]:
        """Return what was opened, the latest first; each is one or several paths."""
        try:
            stored = json.loads(str(self._store.value("recent", "[]")))
            return [tuple(Path(str(path)) for path in paths) for paths in stored if paths]
        except (ValueError, TypeError):
            return []

    def add_recent(self, paths: tuple[Path, ...]) -> None:
        """Note what was opened."""
        kept = [paths, *(known for known in self.recent() if known != paths)][:_RECENT]
        self._store.setValue("recent", json.dumps([[str(path) for path in known] for known in kept]))

    def forget_recent(self) -> None:
        """Forget what was opened."""
        self._store.remove("recent")

    def last_folder(self) -> str:
        """Return the folder of what was opened last, for the next file dialog."""
        known = self.recent()
        return str(known[0][0].parent) if known else str(Path.home())

    def keep_window(self, geometry: QByteArray, panels: QByteArray) -> None:
        """Note the shape of the window and of its panels."""
        self._store.setValue("geometry", geometry)
        self._store.setValue(f"panels/{_LAYOUT_VERSION}", panels)
        self._store.sync()

    def window(self) -> tuple[QByteArray, QByteArray]:
        """Return the shape of the window and of its panels; empty where nothing is known."""
        found = (self._store.value("geometry"), self._store.value(f"panels/{_LAYOUT_VERSION}"))
        geometry, panels = (value if isinstance(value, QByteArray) else QByteArray() for value in found)
        return geometry, panels
