"""Each write fails once in each way, and the process ends at it: afterwards the old or the new whole is there.

A sample of the cases is tried each time, all of them with ``-m slow``.
"""

import os
import random

import pytest

from tests.faults.trying import answering

if not hasattr(os, "fork"):
    pytest.skip("needs processes that fork", allow_module_level=True)

SEED, SCENARIOS_TRIED, CASES_EACH = 3, 20, 4
WANTED = 500


@pytest.fixture
def ask(tmp_path):
    with answering(tmp_path) as answer:
        yield answer


def tried(ask, name, count=None):
    """Return how many points and cases a scenario has, how many were tried, and what is wrong."""
    found = ask(name)
    assert not isinstance(found, str), found
    points, cases = found
    chosen = cases if count is None else random.Random(f"{SEED}{name}").sample(cases, min(count, len(cases)))
    wrong = []
    for number, mode in chosen:
        said = ask(name, number, mode)
        if said:
            where = points[number] if number < len(points) else "the end"
            wrong.append(f"{name}, point {number} ({where}), {mode}: {said}")
    return len(points), len(cases), len(chosen), wrong


def test_a_sample_of_failing_writes_leaves_the_old_or_the_new(ask):
    from tests.faults.scenarios import SCENARIOS

    names = random.Random(SEED).sample(list(SCENARIOS), SCENARIOS_TRIED)
    results = [tried(ask, name, CASES_EACH) for name in names]
    assert not [line for *_, wrong in results for line in wrong]
    assert sum(chosen for _, _, chosen, _ in results) >= 60


def test_a_part_is_found_where_one_is_left(ask):
    """The judge itself: a scenario that writes in place must be told of."""
    cases = [[0, "full"], [0, "forbidden"], [0, "broken"], [0, "kill"], [1, "kill"]]
    assert ask("in-place") == [["in-place.rest"], cases]
    assert "neither old nor new" in ask("in-place", 0, "full")
    assert "neither old nor new" in ask("in-place", 0, "kill")
    assert ask("in-place", 1, "kill") == ""


@pytest.mark.slow
def test_every_failing_write_leaves_the_old_or_the_new(ask, capsys):
    from tests.faults.scenarios import SCENARIOS

    results = [tried(ask, name) for name in SCENARIOS]
    points, cases, _, wrong = (sum(column, type(column[0])()) for column in zip(*results, strict=True))
    with capsys.disabled():
        print(f"\n{len(SCENARIOS)} scenarios, {points} write points, {cases} cases, {len(wrong)} wrong")
    assert not wrong
    assert cases >= WANTED
