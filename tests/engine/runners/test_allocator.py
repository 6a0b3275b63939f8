"""Freed memory is kept for the next step, and given back after the job."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="settings of glibc's allocator")

STEPS = """
import resource, sys
import numpy as np
from biofm_desktop.engine.runners.allocator import give_back_memory, keep_freed_memory

def step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [np.empty(10_000_000, np.uint8) for _ in range(10)]
    for block in blocks:
        block[::4096] = 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(3):
    step()
again = step()
give_back_memory()
print(again, step())
"""


def faults(word):
    done = subprocess.run([sys.executable, "-c", STEPS, word], capture_output=True, text=True, check=True)
    return [int(count) for count in done.stdout.split()]


def test_a_step_asks_the_system_for_no_memory_that_the_one_before_freed():
    again, after_giving_back = faults("keep")
    assert again < 100
    assert after_giving_back > 10 * again + 100  # numpy asks for huge pages, so that faults are few


def test_by_itself_the_allocator_hands_it_back():
    again, _ = faults("leave")
    assert again > 200
