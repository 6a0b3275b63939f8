"""Splits that keep groups together."""

import pytest

from biofm_desktop.engine.samples import Sample
from biofm_desktop.engine.samples.splits import with_split


def many(count, groups=20, split=""):
    return tuple(
        Sample(key=str(n), target="ab"[n % 2], group=f"g{n % groups}" if groups else "", split=split)
        for n in range(count)
    )


def splits_of(samples):
    met = {}
    for sample in samples:
        met.setdefault(sample.group, set()).add(sample.split)
    return met


@pytest.mark.parametrize("seed", range(5))
def test_a_group_stays_on_one_side(seed):
    split = with_split(many(200), seed=seed, validation=0.2, test=0.2)
    assert all(len(splits) == 1 for splits in splits_of(split).values())
    assert {s.split for s in split} == {"train", "val", "test"}


def test_the_same_seed_gives_the_same_split_and_another_one_another():
    first, again, other = ([s.split for s in with_split(many(200), seed=seed, validation=0.2)] for seed in (3, 3, 4))
    assert first == again != other


def test_samples_without_a_split_follow_their_group():
    stated = (Sample(key="x", group="g0", split="test"), Sample(key="y", group="g1", split="train"))
    split = with_split((*stated, *many(40)), seed=0, validation=0.2)
    assert splits_of(split)["g0"] == {"test"}
    assert all(len(splits) == 1 for splits in splits_of(split).values())
    assert {s.split for s in split} == {"train", "val", "test"}


def test_what_the_data_states_is_kept_also_where_a_group_is_in_two_splits():
    stated = (Sample(key="x", group="g", split="test"), Sample(key="y", group="g", split="val"))
    split = with_split((*stated, Sample(key="z", group="g")), seed=0, validation=0.2)
    assert [s.split for s in split] == ["test", "val", ""]


def test_classes_keep_their_shares():
    split = with_split(many(200, groups=0), seed=1, validation=0.25)
    held = [s.target for s in split if s.split == "val"]
    assert held.count("a") == held.count("b") == 25
