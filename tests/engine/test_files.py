"""A reader finds the old file or the new one, never a part; whatever the disk does."""

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from biofm_desktop.engine import files
from biofm_desktop.engine.faults import Fault

ROOT = Path(__file__).parents[2]
FAULTS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EACCES: "no permission",
    errno.EROFS: "read-only",
    errno.EIO: "read or write error",
}


def failing(point, number):
    """Make the system fail at one point."""

    def act(name, path):
        if name == point:
            raise OSError(number, os.strerror(number))

    return act


def leftovers(folder):
    return [path.name for path in folder.rglob("*") if ".part" in path.name]


@pytest.mark.parametrize("room", ["project", "checkpoint", "export", "settings"])
@pytest.mark.parametrize("point", ["write", "sync", "rename"])
@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_the_old_file_stands_whole_after_any_fault(tmp_path, room, point, number):
    path = tmp_path / "file.txt"
    files.write_text(path, "old", room=room)
    with files.at_points(failing(f"{room}.{point}", number)), pytest.raises(Fault, match=FAULTS[number]) as caught:
        files.write_text(path, "new", room=room)
    assert path.read_text() == "old"
    assert str(path) in caught.value.message
    assert caught.value.way_out
    assert not leftovers(tmp_path)
    files.write_text(path, "new", room=room)
    assert path.read_text() == "new"


@pytest.mark.parametrize("point", ["write", "sync", "rename"])
def test_no_file_appears_where_there_was_none(tmp_path, point):
    with files.at_points(failing(f"export.{point}", errno.ENOSPC)), pytest.raises(Fault):
        files.write_text(tmp_path / "file.txt", "new", room="export")
    assert not list(tmp_path.iterdir())


def test_a_short_write_by_a_library_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")

    def short(aside):
        aside.write_bytes(b"half of the n")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Fault, match="the disk is full"):
        files.write_with(path, short, room="export")
    assert path.read_bytes() == b"old"
    assert not leftovers(tmp_path)


def test_an_error_of_the_program_leaves_the_old_file_too(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")

    def broken(aside):
        aside.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        files.write_with(path, broken, room="export")
    assert path.read_bytes() == b"old"
    assert not leftovers(tmp_path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="uses a limit that Linux enforces")
def test_a_real_limit_of_the_system_is_met_as_a_fault(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old\n")
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from biofm_desktop.engine.files import write_bytes, append_lines\n"
        "from biofm_desktop.engine.faults import Fault\n"
        "acts = [lambda p: write_bytes(p, bytes(5000), room='x'), lambda p: append_lines(p, ['x' * 5000], room='x')]\n"
        "for act in acts:\n"
        "    try:\n        act(Path(sys.argv[1]))\n    except Fault as fault:\n        print(fault)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=environment)
    assert done.stdout.count("file.bin") == 2, done.stderr
    assert path.read_bytes() == b"old\n"
    assert not leftovers(tmp_path)


def test_a_process_killed_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    code = (
        "import os, sys; from pathlib import Path; from biofm_desktop.engine import files\n"
        "def act(name, path):\n    if name == sys.argv[2]: os._exit(9)\n"
        "with files.at_points(act): files.write_text(Path(sys.argv[1]), 'new', room='project')\n"
    )
    for point in ("project.write", "project.sync", "project.rename"):
        done = subprocess.run([sys.executable, "-c", code, str(path), point], cwd=ROOT)
        assert done.returncode == 9
        assert path.read_text() == "old"


def test_the_aside_keeps_the_suffixes_for_libraries_that_look_at_them(tmp_path):
    seen = []
    files.write_with(tmp_path / "a.nii.gz", lambda aside: (seen.append(aside), aside.write_bytes(b"x")), room="export")
    assert seen[0].name.endswith(".nii.gz")
    assert seen[0].parent == tmp_path


@pytest.mark.skipif(os.name == "nt", reason="rights are of POSIX")
def test_files_get_the_usual_rights_and_keep_those_they_had(tmp_path):
    def private(aside):
        aside.unlink()
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT, 0o600))

    path, usual = tmp_path / "a", tmp_path / "usual"
    usual.touch()
    files.write_with(path, private, room="export")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)
    path.chmod(0o640)
    files.write_text(path, "x", room="export")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_json_is_readable_and_comes_back(tmp_path):
    value = {"a": [1, 2.5, None], "ü": "µm"}
    files.write_json(tmp_path / "deep" / "x.json", value, room="project")
    assert files.read_json(tmp_path / "deep" / "x.json") == value
    assert "µm" in (tmp_path / "deep" / "x.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_broken_json_is_a_fault(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(Fault, match="not readable JSON"):
        files.read_json(tmp_path / "x.json")


def test_missing_json_is_a_fault(tmp_path):
    with pytest.raises(Fault, match="no such file"):
        files.read_json(tmp_path / "x.json")


@pytest.mark.parametrize("left", [b"", b"one\n", b"one\ncut off by a cra", b"cut", b"one\n" + b"x" * 10_000])
def test_lines_follow_whole_lines_only(tmp_path, left):
    path = tmp_path / "log.jsonl"
    path.write_bytes(left)
    files.append_lines(path, ["two", "drü"], room="checkpoint")
    before = ["one"] if left.startswith(b"one\n") else []
    assert path.read_text(encoding="utf-8").splitlines() == [*before, "two", "drü"]


def test_a_full_disk_takes_no_part_of_the_lines(tmp_path):
    path = tmp_path / "log.jsonl"
    files.append_lines(path, ["one"], room="checkpoint")
    with files.at_points(failing("checkpoint.append", errno.ENOSPC)), pytest.raises(Fault, match="disk is full"):
        files.append_lines(path, ["two"], room="checkpoint")
    assert path.read_text() == "one\n"


def test_a_new_folder_is_made_with_its_parents_and_an_empty_one_is_taken(tmp_path):
    assert files.new_folder(tmp_path / "a" / "b").is_dir()
    assert files.new_folder(tmp_path / "a" / "b").is_dir()


def test_a_folder_with_contents_and_a_file_are_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(Fault, match="not empty"):
            files.new_folder(path)
    with pytest.raises(Fault, match="a file, not a folder"):
        files.new_folder(tmp_path / "file" / "below")


@pytest.mark.parametrize("point", ["write", "sync", "rename", "move"])
def test_a_folder_is_filled_wholly_or_not_at_all(tmp_path, point):
    def fill(stage):
        for name in ("a", "b"):
            files.write_text(stage / name, f"new {name}", room="export")

    calls = []

    def second(name, path):
        calls.append(name)
        if name == f"export.{point}" and calls.count(name) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    with files.at_points(second), pytest.raises(Fault, match="disk is full"):
        files.fill_folder(tmp_path / "x" / "y", fill, room="export")
    assert not list(tmp_path.iterdir())
    assert [p.name for p in files.fill_folder(tmp_path / "x" / "y", fill, room="export")] == ["a", "b"]
    assert (tmp_path / "x" / "y" / "b").read_text() == "new b"


def test_filling_leaves_other_files_alone(tmp_path):
    (tmp_path / "mine").write_text("x")
    files.fill_folder(tmp_path, lambda stage: (stage / "a").write_text("a"), room="export")
    assert {p.name for p in tmp_path.iterdir()} == {"mine", "a"}
    with files.at_points(failing("export.move", errno.EIO)), pytest.raises(Fault):
        files.fill_folder(tmp_path, lambda stage: (stage / "b").write_text("b"), room="export")
    assert {p.name for p in tmp_path.iterdir()} == {"mine", "a"}


def test_files_replaced_before_one_that_cannot_be_are_put_back(tmp_path):
    def fill(stage, word):
        for name in ("a", "b", "note"):
            (stage / name).write_text(word)

    files.fill_folder(tmp_path, lambda stage: fill(stage, "old"), room="export")
    met = []

    def last(name, path):
        if name == "export.move":
            met.append(path.name)
            if len(met) == 3:
                raise OSError(errno.EIO, "Input/output error")

    with files.at_points(last), pytest.raises(Fault):
        files.fill_folder(tmp_path, lambda stage: fill(stage, "new"), room="export", first="note")
    assert met == ["note", "a", "b"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(("a", "b", "note"), "old")


def test_free_space_is_told_for_a_path_that_is_not_there_yet(tmp_path):
    assert files.free_bytes(tmp_path / "not" / "yet") > 0


def test_points_are_quiet_again_after_the_block(tmp_path):
    with files.at_points(failing("project.write", errno.EIO)):
        pass
    files.write_json(tmp_path / "x.json", 1, room="project")
    assert json.loads((tmp_path / "x.json").read_text()) == 1
