"""Where the program keeps things: one place that asks the system for its folders."""

import os
from pathlib import Path

import platformdirs


def _folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or default)


def config_dir() -> Path:
    """Return the folder of the user's settings (``BIOFM_CONFIG_DIR`` overrides it)."""
    return _folder("BIOFM_CONFIG_DIR", platformdirs.user_config_dir("biofm-desktop", appauthor=False))


def cache_dir() -> Path:
    """Return the folder of downloads and previews, all of which can be made again (``BIOFM_CACHE_DIR``)."""
    return _folder("BIOFM_CACHE_DIR", platformdirs.user_cache_dir("biofm-desktop", appauthor=False))


def projects_dir() -> Path:
    """Return the folder in which projects are made where the user names no other (``BIOFM_PROJECTS_DIR``)."""
    return _folder("BIOFM_PROJECTS_DIR", str(Path(platformdirs.user_documents_dir()) / "BioFM projects"))


def resources_dir() -> Path:
    """Return the folder of icons, sample data and the manual, installed or in a checkout."""
    installed = Path(__file__).parent / "_resources"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "resources"
