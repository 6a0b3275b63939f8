"""Which corrections the model in use has not learnt yet."""

import os

from biofm_desktop.engine.project.edits import Edit
from biofm_desktop.engine.project.rounds import Rounds

A, B, C = Edit(1, 100.0, "label a", "a"), Edit(2, 200.0, "label b", "b"), Edit(3, 300.0, "label b again", "b")
WHOLE = Edit(4, 400.0, "rename a class", "")


def run_begun(folder, seconds):
    folder.mkdir()
    (folder / "job.json").write_text("{}")
    os.utime(folder / "job.json", (seconds, seconds))
    return str(folder)


def test_what_was_corrected_before_a_training_began_is_known_to_it(tmp_path):
    rounds = Rounds()
    assert rounds.waiting([A, B]) == {}
    rounds.begin(run_begun(tmp_path / "run", 150), [A, B, C])
    assert rounds.waiting([A, B, C, WHOLE]) == {"b": frozenset({2, 3})}


def test_a_round_learns_and_what_comes_later_waits():
    rounds = Rounds()
    rounds.begin("first", [])
    rounds.learnt("second", frozenset({1, 2}), 2)
    assert rounds.run == "second"
    assert rounds.waiting([A, B, C]) == {"b": frozenset({3})}


def test_taking_back_what_was_learnt_goes_back_to_the_run_before():
    rounds = Rounds()
    rounds.begin("first", [])
    rounds.learnt("second", frozenset({1}), 1)
    rounds.learnt("third", frozenset({2}), 2)
    assert rounds.go_back([A, B]) == ""
    assert rounds.go_back([A]) == "second"
    assert rounds.waiting([A]) == {}
    assert rounds.go_back([]) == "first"


def test_a_broken_round_takes_the_later_ones_with_it():
    rounds = Rounds()
    rounds.begin("first", [])
    rounds.learnt("second", frozenset({1}), 1)
    rounds.learnt("third", frozenset({2}), 2)
    assert rounds.go_back([B]) == "first"
    assert rounds.waiting([B]) == {"b": frozenset({2})}
