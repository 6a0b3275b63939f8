"""Undo over everything, also after a restart; the history; saved states and going back to them."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.generations import to_keep
from biofm_desktop.engine.project.strokes import Stroke
from biofm_desktop.engine.samples import Region
from tests.engine.project.made import images, sequences


def painted(shape, value, *box):
    mask = np.zeros(shape, np.uint8)
    mask[tuple(slice(*span) for span in box)] = value
    return mask


@pytest.mark.parametrize("shape", [(6, 8), (3, 5, 7)])
def test_a_stroke_comes_back_from_its_bytes(shape):
    random = np.random.default_rng(0)
    before = random.integers(0, 3, shape).astype(np.uint8)
    after = np.where(random.random(shape) < 0.4, 70_000, before).astype(np.uint32)
    stroke = Stroke.decode(Stroke.between(before, after).encode())
    mask = before.astype(np.uint32)
    stroke.apply(mask, forward=True)
    assert np.array_equal(mask, after)
    stroke.apply(mask, forward=False)
    assert np.array_equal(mask, before)
    assert Stroke.between(after, after) is None


def test_a_stroke_is_looked_for_where_it_was_painted(project):
    mask = project.sample("slide_0").mask.read().copy()
    mask[1:3, 2:4] = 5
    mask[5, 7] = 9
    project.set_mask("slide_0", mask, (slice(1, 3), slice(2, 4)))
    now = project.sample("slide_0").mask.read()
    assert (now[1:3, 2:4] == 5).all()
    assert now[5, 7] == 1


def test_undo_goes_on_after_a_restart_across_samples_and_kinds(opened, tmp_path):
    opened(images())
    project = Project.for_data([tmp_path / "cells"], tmp_path / "p")
    start = project.sample("slide_0").mask.read()
    project.set_mask("slide_0", painted((6, 8), 3, (0, 2), (0, 2)))
    project.set_regions("slide_1", [Region("box", ((1.0, 2.0), (3.0, 4.0)), "cell")])
    project.set_column("slide_2", "stain", "H&E")
    project.set_target("slide_2", "odd")
    project.close()
    again = Project.open(tmp_path / "p")
    assert again.undo_text == "label slide_2 as odd"
    assert [edit.text for edit in again.history[0]] == [
        "change the label of slide_0",
        "edit shapes of slide_1",
        "edit stain of slide_2",
        "label slide_2 as odd",
    ]
    for _ in range(4):
        again.undo()
    assert np.array_equal(again.sample("slide_0").mask.read(), start)
    assert again.sample("slide_1").regions == ()
    assert again.sample("slide_2").columns == {}
    assert again.corrected_keys == set()
    again.close()
    third = Project.open(tmp_path / "p")
    for _ in range(4):
        third.redo()
    assert third.sample("slide_1").regions[0].label == "cell"
    assert third.sample("slide_0").mask.read()[0, 0] == 3
    third.close()


def test_the_history_is_walked_to_any_place(project):
    for value in range(1, 6):
        project.set_mask("slide_0", np.full((6, 8), value, np.uint8))
    numbers = [edit.number for edit in project.history[0]]
    project.go_to(numbers[1])
    assert project.sample("slide_0").mask.read()[0, 0] == 2
    assert len(project.history[1]) == 3
    project.go_to(numbers[3])
    assert project.sample("slide_0").mask.read()[0, 0] == 4
    project.go_to(0)
    assert not project.corrected_keys
    with pytest.raises(Fault, match="no edit 99"):
        project.go_to(99)


def test_a_saved_state_comes_back_and_going_back_can_be_undone(project):
    project.set_mask("slide_0", np.full((6, 8), 4, np.uint8))
    project.set_target("slide_1", "odd")
    made = project.save("before lunch", b"\x89PNG")
    project.set_mask("slide_0", np.full((6, 8), 5, np.uint8))
    project.set_mask("slide_2", np.full((6, 8), 6, np.uint8))
    project.set_target("slide_1", "even")
    listed = project.generations()[0]
    assert (listed.reason, listed.counts["corrected"], listed.picture.read_bytes()) == ("before lunch", 2, b"\x89PNG")
    original = np.asarray(images().samples[2].mask.read())
    project.restore(made)
    assert project.sample("slide_0").mask.read()[0, 0] == 4
    assert np.array_equal(project.sample("slide_2").mask.read(), original)
    assert project.sample("slide_1").target == "odd"
    assert project.undo_text.startswith("restore the state of")
    project.undo()
    assert project.sample("slide_0").mask.read()[0, 0] == 5
    assert project.sample("slide_2").mask.read()[0, 0] == 6
    assert project.sample("slide_1").target == "even"


def test_the_last_ten_states_are_kept_then_one_an_hour_then_one_a_day():
    now = datetime(2026, 11, 24, 12, 0)
    made = [now - timedelta(minutes=10 * n) for n in range(6 * 24 * 5)]
    kept = sorted(to_keep(made, now))
    assert kept[:10] == list(range(10))
    ages = [now - made[place] for place in kept[10:]]
    hours = [age for age in ages if age < timedelta(hours=24)]
    assert 20 <= len(hours) <= 24
    assert len(ages) - len(hours) == 5


ACTIONS = st.lists(
    st.tuples(st.sampled_from("MTSCUR"), st.integers(0, 2), st.integers(0, 5), st.integers(0, 7)),
    min_size=200,
    max_size=200,
)


@given(ACTIONS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_200_edits_are_undone_to_the_start_and_redone_to_the_end_after_a_restart(opened, tmp_path_factory, actions):
    opened(images())
    folder = tmp_path_factory.mktemp("any") / "p"
    project = Project.for_data([folder / "cells"], folder)
    start = state(project)
    for kind, sample, y, x in actions:
        key = f"slide_{sample}"
        match kind:
            case "M":
                mask = project.sample(key).mask.read().astype(np.uint16)
                mask[y : y + 2, x : x + 3] = y * 60 + x
                project.set_mask(key, mask)
            case "T":
                project.set_target(key, f"class {y}")
            case "S":
                project.set_split(key, ("train", "val", "test", "")[x % 4])
            case "C":
                project.set_classes([f"class {n}" for n in range(y + 2)])
            case "U":
                project.undo()
            case "R":
                project.redo()
    end = state(project)
    # Not closed: what follows sees what a kill would leave.
    project._store._keeper.stop()
    project._store._database.close()
    again = Project.open(folder, by_force=True)
    assert equal(state(again), end)
    while again.undo():
        pass
    assert equal(state(again), start)
    while again.redo():
        pass
    assert set(again.history[1]) == set()
    again.close()
    third = Project.open(folder)
    assert [edit.text for edit in third.history[0]] == [edit.text for edit in again.history[0]]
    for _ in range(len(third.history[0])):
        third.undo()
    assert equal(state(third), start)
    third.close()


def state(project):
    samples = [(s.target, s.split, np.asarray(s.mask.read())) for s in project.dataset]
    return project.classes, samples


def equal(first, second):
    same = all(a[:2] == b[:2] and np.array_equal(a[2], b[2]) for a, b in zip(first[1], second[1], strict=True))
    return first[0] == second[0] and same


def test_features_and_classes_survive_a_restart(opened, tmp_path):
    opened(sequences())
    project = Project.for_data([tmp_path / "dna.csv"], tmp_path / "p")
    project.rename_class("promoter", "TATA")
    project.close()
    again = Project.open(tmp_path / "p")
    assert again.undo() == "rename promoter to TATA"
    assert again.classes == ("other", "promoter")
    again.close()
