"""The doctor says what is wrong and how to mend it."""

import json
import subprocess
import sys

import psutil
import pytest

from biofm_desktop.cli import main
from biofm_desktop.engine import doctor
from biofm_desktop.engine.doctor import Finding, examine, missing_libraries
from biofm_desktop.engine.settings import Settings, save_settings, settings_path


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    """Leave Qt out, unless a test asks for it."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def found(name):
    return next(finding for finding in examine(quick=True) if finding.name == name)


def test_a_sound_computer_is_usable(capsys):
    assert main(["doctor", "--quick"]) == 0
    text = capsys.readouterr().out
    for name in ("program", "libraries", "processor", "memory", "projects", "settings", "network", "display"):
        assert name in text


def test_json_has_every_finding(capsys):
    assert main(["doctor", "--quick", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["usable"] is True
    assert all(set(f) == {"name", "value", "state", "way_out"} for f in told["findings"])


def test_the_child_proves_that_torch_learns():
    findings = {f.name: f for f in doctor._child(None)}
    assert "learns" in findings["training process"].value
    assert "cpu" in findings["torch computes on"].value


def test_every_trouble_has_a_way_out():
    for finding in examine(quick=True):
        assert finding.state == "good" or finding.way_out


def test_a_projects_folder_that_cannot_be_written_blocks(tmp_path, monkeypatch, capsys):
    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", forbidden)
    finding = found("projects")
    assert finding.state == "blocked"
    assert "Permission denied" in finding.value
    assert "BIOFM_PROJECTS_DIR" in finding.way_out
    assert main(["doctor", "--quick"]) == 1
    assert "X projects" in capsys.readouterr().out


def test_little_memory_and_little_disk_are_told(monkeypatch):
    memory = psutil.virtual_memory()._replace(available=10**8)
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    monkeypatch.setattr("biofm_desktop.engine.doctor.free_bytes", lambda path: 10**6)
    assert found("memory").state == found("projects").state == "warning"


def test_a_missing_library_blocks(monkeypatch):
    monkeypatch.setattr("biofm_desktop.engine.doctor._LIBRARIES", ("numpy", "surely-not-installed"))
    assert found("missing") == Finding(
        "missing", "surely-not-installed", "blocked", "Run the set-up again: bash installers/setup.sh"
    )


def test_offline_and_a_missing_mirror_are_told(tmp_path):
    save_settings(Settings(offline=True, mirror=str(tmp_path / "gone")))
    assert "offline" in found("network").value
    assert found("network").state == "warning"


def test_a_broken_settings_file_is_told():
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("{")
    assert "not readable JSON" in found("settings file").value


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the loader of Linux")
def test_missing_libraries_of_qt_name_their_packages(monkeypatch):
    class Answer:
        stdout = "\tlibxcb-cursor.so.0 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibEGL.so.1 => not found\n"

    monkeypatch.setattr("subprocess.run", lambda *_, **__: Answer())
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/ldd" if name == "ldd" else None)
    assert missing_libraries() == ["libEGL.so.1", "libxcb-cursor.so.0"]
    finding = found("Qt's libraries")
    assert finding.way_out == "sudo apt-get install libegl1 libxcb-cursor0"
    assert finding.state == "warning", "without a display the command line still works"
    monkeypatch.setenv("DISPLAY", ":0")
    assert found("Qt's libraries").state == "blocked"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has DISPLAY")
def test_a_display_that_cannot_be_reached_blocks(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    assert found("display").state == "blocked"


def test_a_display_without_opengl_blocks(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    answer = subprocess.CompletedProcess([], 0, "xcb, 800 x 600\n", "")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: answer)
    assert found("OpenGL").state == "blocked"


def test_a_graphics_card_that_torch_cannot_use_is_told(monkeypatch):
    card = Finding("graphics card", "NVIDIA X")
    told = {f.name: f for f in doctor._child(card)}["torch computes on"]
    assert told.state == "warning" or "NVIDIA" in told.value


def test_a_driver_that_does_not_answer_is_told(monkeypatch):
    def silent(words, **_):
        raise subprocess.TimeoutExpired(words, 20)

    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi" if name == "nvidia-smi" else None)
    monkeypatch.setattr("subprocess.run", silent)
    assert found("graphics card").state == "warning"
