"""What every test gets: folders of its own, so that no test sees or changes the user's."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point settings, cache and projects into a folder of this test."""
    home = tmp_path_factory.mktemp("home")
    for variable, name in (
        ("BIOFM_CONFIG_DIR", "config"),
        ("BIOFM_CACHE_DIR", "cache"),
        ("BIOFM_PROJECTS_DIR", "projects"),
    ):
        monkeypatch.setenv(variable, str(home / name))
    monkeypatch.setenv("NAPARI_CONFIG", str(home / "napari.yaml"))
    return home
