"""One program writes, others look on; a dead owner's lock is taken over."""

import json
import os
import subprocess
import sys

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.lock import LOCK, held_by

HOLD = """
import sys, time
from pathlib import Path
from biofm_desktop.engine.project.lock import take
print(take(Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


def test_a_second_opening_is_for_reading_only_and_says_who_holds_it(project):
    project.set_target("slide_0", "odd")
    second = Project.open(project.folder)
    assert second.holder.pid == os.getpid()
    assert second.sample("slide_0").target == "odd"
    with pytest.raises(Fault, match=f"process {os.getpid()}"):
        second.set_target("slide_0", "even")
    assert second.undo_text == "label slide_0 as odd"
    with pytest.raises(Fault, match="reading only"):
        second.undo()
    second.close()
    assert held_by(project.folder) is not None


def test_the_lock_of_another_program_holds_until_it_is_gone(project):
    folder = project.folder
    project.close()
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline().strip() == "None"
        looking = Project.open(folder)
        assert looking.holder.pid == other.pid
        looking.close()
    finally:
        other.kill()
        other.wait()
    after = Project.open(folder)
    assert after.holder is None
    after.set_target("slide_0", "odd")
    after.close()
    assert not (folder / LOCK).exists()


def test_the_lock_of_another_computer_is_taken_by_force_only(project):
    folder = project.folder
    project.close()
    holder = {"pid": 1, "host": "elsewhere", "since": "2026-11-24T10:00:00", "begun": 0.0, "token": "x"}
    (folder / LOCK).write_text(json.dumps(holder))
    looking = Project.open(folder)
    assert "elsewhere" in looking.holder.words
    looking.close()
    mine = Project.open(folder, by_force=True)
    mine.set_target("slide_0", "odd")
    mine.close()


def test_a_broken_lock_file_is_taken_over(project):
    project.close()
    (project.folder / LOCK).write_text("{")
    again = Project.open(project.folder)
    assert again.holder is None
    again.close()
