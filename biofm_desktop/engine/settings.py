"""The user's preferences: versioned, tolerant of files from other versions."""

from dataclasses import asdict, dataclass
from pathlib import Path

from biofm_desktop.paths import config_dir

from .faults import Fault
from .files import read_json, write_json
from .options import from_json, option

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user chose once and finds again; each field shows in the settings dialog."""

    theme: str = option("dark", "Theme", choices=("dark", "light"))
    offline: bool = option(False, "Never use the network", help="Weights then come only from the mirror folder.")
    mirror: str = option(
        "", "Folder with downloaded weights", help="Searched before the network; may be shared by a lab."
    )
    projects: str = option("", "Folder for new projects", help="Empty: 'BioFM projects' among your documents.")
    copy_data: bool = option(
        False, "Copy data into projects", help="A new project then keeps a copy of what it was opened from."
    )
    device: str = option("auto", "Train on", choices=("auto", "cpu", "cuda", "mps"))


def settings_path() -> Path:
    """Return the file that holds the settings."""
    return config_dir() / "settings.json"


def load_settings() -> Settings:
    """Return the stored settings; what is missing, unknown or broken falls back to its default."""
    try:
        values = read_json(settings_path())
        return from_json(Settings, values.get("settings", {}), tolerant=True)
    except (Fault, AttributeError):
        return Settings()


def save_settings(settings: Settings) -> None:
    """Write the settings; raise `Fault` where the disk does not let us."""
    write_json(settings_path(), {"version": VERSION, "settings": asdict(settings)}, room="settings")
