"""``kill -9`` of the program with its window: the next start has the work back on the screen without a question."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "resources" / "sample_project" / "promoters.csv"


class Program:
    """The program as a user starts it, on the test's display."""

    def __init__(self, home, *paths):
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "biofm_desktop", *map(str, paths)], env=environment, stderr=subprocess.PIPE
        )

    def wait_for(self, what, seconds=90):
        limit = time.monotonic() + seconds
        while not (found := what()):
            assert self.process.poll() is None, self.process.stderr.read()[-2000:]
            assert time.monotonic() < limit
            time.sleep(0.1)
        return found

    def session(self):
        try:
            return json.loads((self.home / "config" / "session.json").read_text())
        except (OSError, ValueError):
            return {}

    def holds(self):
        """Return the folder of the project whose lock this process holds."""
        for lock in (self.home / "projects").glob("*/project.lock"):
            try:
                if json.loads(lock.read_text())["pid"] == self.process.pid:
                    return lock.parent
            except (OSError, ValueError):
                continue
        return None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


@pytest.mark.usefixtures("qapp")
def test_a_killed_window_is_back_where_it_was_and_after_two_crashes_it_asks(own_folders):
    first = Program(own_folders, SAMPLE)
    folder = first.wait_for(first.holds)
    first.wait_for(lambda: first.session().get("project") == str(folder))
    first.kill()
    assert not first.session()["ended"]

    second = Program(own_folders)
    assert second.wait_for(second.holds) == folder
    assert second.session()["crashes"] == 1
    second.kill()

    third = Program(own_folders)
    third.wait_for(lambda: third.session().get("pid") == third.process.pid)
    time.sleep(3)
    assert third.session()["crashes"] == 2
    assert third.holds() is None
    third.kill()
