"""The walls around a reader, each tried in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_BEGIN = """
import os, pathlib, pickle, socket, subprocess, sys, tempfile
import numpy, PIL.Image
from pathlib import Path
from biofm_desktop.engine.opening.guard import Guard
own, data = Path({own!r}), Path({data!r})
guard = Guard([own])
guard.install()
guard.reading([data])
"""

REFUSED = {
    "connect": "socket.create_connection(('127.0.0.1', 9))",
    "send": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "look up": "socket.getaddrinfo('localhost', 80)",
    "run": "subprocess.run(['true'])",
    "system": "os.system('true')",
    "replace": "os.execv('/bin/true', ['true'])",
    "fork": "os.fork()",
    "write beside": "(data / 'new').write_text('x')",
    "change": "(data / 'a.txt').open('r+')",
    "remove": "(data / 'a.txt').unlink()",
    "rename": "(data / 'a.txt').rename(own / 'a.txt')",
    "folder": "(data / 'new').mkdir()",
    "read outside": "(data.parent / 'secret.txt').read_text()",
    "list outside": "os.listdir('/etc')",
    "password file": "open('/etc/passwd')",
    "import of the folder": "sys.path.insert(0, str(data)); import evil",
    "code of the folder": "exec(compile('1', str(data / 'evil.py'), 'exec'))",
    "unpickle": "pickle.loads(b'cos\\nsystem\\n(Vtrue\\ntR.')",
}
ALLOWED = {
    "read": "assert (data / 'a.txt').read_text() == 'a'",
    "list": "assert os.listdir(data)",
    "own folder": "(own / 'x').write_text('x'); (own / 'x').unlink()",
    "library": "import tifffile, imagecodecs; import xml.etree.ElementTree",
    "pair of sockets": "import asyncio; asyncio.run(asyncio.sleep(0))",
}


def run(tmp_path: Path, code: str) -> subprocess.CompletedProcess[str]:
    own, data = tmp_path / "own", tmp_path / "data"
    own.mkdir()
    data.mkdir()
    (data / "a.txt").write_text("a")
    (data / "evil.py").write_text("open('/tmp/BADINPUT_guard', 'w')")
    (tmp_path / "secret.txt").write_text("secret")
    program = _BEGIN.format(own=str(own), data=str(data)) + code
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-P", "-c", program]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=own, env=environment)


@pytest.mark.parametrize("what", REFUSED)
def test_a_reader_may_not(tmp_path: Path, what: str) -> None:
    done = run(tmp_path, REFUSED[what])
    assert done.returncode == 1
    assert "PermissionError" in done.stderr, done.stderr
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["a.txt", "evil.py"]


@pytest.mark.parametrize("what", ALLOWED)
def test_a_reader_may(tmp_path: Path, what: str) -> None:
    done = run(tmp_path, ALLOWED[what])
    assert done.returncode == 0, done.stderr
