"""Where projects, runs and predictions lie."""

import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from biofm_desktop.engine.files import new_folder
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.paths import projects_dir


def folder_of(sources: tuple[Path, ...]) -> Path:
    """Return the folder of the project of some data among the user's projects; the same for the same paths."""
    chosen = load_settings().projects
    digest = sha256("\n".join(sorted(map(str, sources))).encode()).hexdigest()[:8]
    first = sources[0]
    name = first.name if first.is_dir() else first.name.split(".")[0]
    return (Path(chosen).expanduser() if chosen else projects_dir()) / f"{_plain(name)}-{digest}"


def new_numbered(room: Path, name: str) -> Path:
    """Make an empty folder ``DATE-NUMBER-NAME`` in a room."""
    last = max((int(path.name.split("-")[3]) for path in numbered(room)), default=0)
    return new_folder(room / f"{datetime.now():%Y-%m-%d}-{last + 1}-{_plain(name)}")


def numbered(room: Path) -> list[Path]:
    """Return the folders of a room that `new_numbered` made, the oldest first."""
    found = [path for path in room.glob("????-??-??-*-*") if path.is_dir() and path.name.split("-")[3].isdigit()]
    return sorted(found, key=lambda path: int(path.name.split("-")[3]))


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:60] or "project"
