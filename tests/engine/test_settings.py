"""Settings survive other versions, broken files and full disks."""

import json

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import at_points
from biofm_desktop.engine.settings import Settings, load_settings, save_settings, settings_path


def test_settings_come_back():
    save_settings(Settings(theme="light", mirror="/lab"))
    assert load_settings() == Settings(theme="light", mirror="/lab")


def test_without_a_file_there_are_defaults():
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "3", '{"settings": 5}', '{"settings": [1]}', '{"settings": null}']
)
def test_a_broken_file_gives_defaults(content):
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text(content)
    assert load_settings() == Settings()


def test_what_other_versions_wrote_is_passed_over():
    settings_path().parent.mkdir(parents=True)
    values = {"theme": "light", "colour_of_moon": "blue", "offline": "perhaps", "device": "quantum"}
    settings_path().write_text(json.dumps({"version": 99, "settings": values}))
    assert load_settings() == Settings(theme="light")


def test_a_full_disk_keeps_the_old_settings():
    save_settings(Settings(theme="light"))

    def full(point, path):
        raise OSError(28, "No space left on device")

    with at_points(full), pytest.raises(Fault, match="disk is full"):
        save_settings(Settings(theme="dark"))
    assert load_settings().theme == "light"
