"""Opening and closing project and window again and again: no crash, no dead object, no memory lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("cycle_script.py")
ROOT = Path(__file__).parents[2]


def cycles(count, *paths):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(count), *map(str, paths)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "already deleted" not in done.stderr, done.stderr[-3000:]
    lines = [line.split() for line in done.stdout.splitlines() if line.count(" ") == 1]
    memory = {int(number): float(size) for number, size in lines}
    print(f"\n{count} turns, memory in MB: {memory}")
    return memory


def test_a_few_turns_leave_no_dead_object(sequences_file):
    assert cycles(8, sequences_file)


@pytest.mark.slow
def test_a_thousand_turns_of_sequences_keep_memory_within_50_mb(sequences_file):
    memory = cycles(1000, sequences_file)
    assert memory[1000] - memory[100] <= 50


@pytest.mark.slow
def test_turns_with_napari_keep_memory_within_50_mb_a_hundred(images_folder, sequences_file):
    memory = cycles(150, images_folder, sequences_file)
    assert memory[150] - memory[50] <= 50
