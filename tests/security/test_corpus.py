"""The whole corpus of hostile files, opened while Python's audit events are written down."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from biofm_desktop.engine.formats import FORMATS
from biofm_desktop.engine.opening import Readers

#: Opens paths in one process without the reader's walls, and notes what would have been met by them.
_WATCH = """
import json, os, sys, sysconfig
from pathlib import Path
import psutil
from biofm_desktop.engine.formats import inspect
import tifffile, imagecodecs, nibabel, pydicom, h5py, pandas, zarr, asyncio
met, place = [], ["", ""]
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NEVER = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.send", "subprocess.", "os.exec", "os.fork",
         "os.posix_spawn", "os.system", "os.spawn", "os.kill", "os.remove", "os.rename", "os.mkdir", "os.rmdir",
         "os.link", "os.symlink", "os.truncate", "os.chmod", "shutil.", "tempfile.", "urllib.", "http.", "webbrowser.")
PROGRAM = tuple({os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(),
                 *filter(None, sys.path))}) + ("/proc/", "/dev/null", "/sys/", "/etc/localtime", "/etc/mime.types",
                 "/usr/share/zoneinfo")
def hear(event, values):
    if not place[0]:
        return
    if event.startswith(NEVER):
        met.append((place[1], event, repr(values)[:200]))
    elif event == "open" and not isinstance(values[0], int):
        full = os.path.realpath(os.fsdecode(values[0]))
        if values[2] & WRITES:
            met.append((place[1], "write", full))
        elif not full.startswith((place[0], *PROGRAM)):
            met.append((place[1], "read outside", full))
    elif event == "import" and values[1] and os.path.realpath(values[1]).startswith(place[0]):
        met.append((place[1], "import", values[1]))
    elif event == "exec" and values[0].co_filename.startswith(place[0]):
        met.append((place[1], "exec", values[0].co_filename))
sys.dont_write_bytecode = True
sys.addaudithook(hear)
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    place[:] = [os.path.realpath(path.parent), str(path)]
    inspect(path)
    place[0] = ""
print(json.dumps(met))
"""


def test_opening_runs_nothing_and_touches_nothing_else(corpus: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, entries = corpus
    paths = [str(folder / entry["path"]) for entry in entries]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _WATCH],
        input="\n".join(paths) + "\n",
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert not list(Path("/tmp").glob("BADINPUT_*"))


def test_every_sound_file_of_a_kind_we_read_opens_in_a_reader(corpus: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, entries = corpus
    known = {suffix for entry in FORMATS for suffix in entry.suffixes}
    readers, refused = Readers(), []
    try:
        for entry in entries:
            path = folder / entry["path"]
            if entry["expect"] == "open" and path.suffix.lower() in known:
                told = readers.inspect(path)
                if told["verdict"] == "refused":
                    refused.append(told["message"])
        assert len(readers.process_ids) == 1
    finally:
        readers.close()
    assert not refused


@pytest.mark.parametrize("name", ["dicom-phi", "text-identity-txt"])
def test_what_is_told_of_a_file_holds_no_patient(corpus: tuple[Path, list[dict[str, Any]]], name: str) -> None:
    folder, entries = corpus
    (entry,) = [entry for entry in entries if entry["id"] == name]
    readers = Readers()
    try:
        told = json.dumps(readers.inspect(folder / entry["path"])).replace(Path(entry["path"]).name, "")
    finally:
        readers.close()
    stem = Path(entry["path"]).stem
    assert not [word for word in entry["forbidden_in_outputs"] if word in told.replace(stem, "")]
