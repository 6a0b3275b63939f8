"""A part of the training samples of each class."""

from collections import Counter

import pytest

from biofm_desktop.engine.samples import SequenceSample
from biofm_desktop.engine.samples.fewer import fewer


def samples():
    rows = [("a", "train", 40), ("b", "train", 8), ("a", "val", 5), ("b", "test", 5), ("c", "train", 1)]
    return tuple(
        SequenceSample(key=f"{target}{split}{n}", letters="A", target=target, split=split)
        for target, split, count in rows
        for n in range(count)
    )


def counts(kept):
    return Counter((sample.target, sample.split) for sample in kept)


@pytest.mark.parametrize(
    ("per_class", "a", "b", "c"), [(0, 40, 8, 1), (5, 5, 5, 1), (20, 20, 8, 1), (0.25, 10, 2, 1), (0.01, 1, 1, 1)]
)
def test_so_many_of_each_class_are_learnt_from_and_the_other_splits_stay(per_class, a, b, c):
    found = counts(fewer(samples(), per_class, seed=3))
    assert (found["a", "train"], found["b", "train"], found["c", "train"]) == (a, b, c)
    assert (found["a", "val"], found["b", "test"]) == (5, 5)


def test_fewer_are_a_part_of_more_and_another_seed_chooses_others():
    few, more, others = ({s.key for s in fewer(samples(), n, seed)} for n, seed in ((3, 0), (6, 0), (3, 1)))
    assert few < more
    assert few != others
    assert few == {s.key for s in fewer(samples(), 3, 0)}


def test_samples_without_a_class_count_as_one():
    numbers = tuple(SequenceSample(key=str(n), letters="A", target=n / 7, split="train") for n in range(30))
    assert len(fewer(numbers, 4, 0)) == 4
