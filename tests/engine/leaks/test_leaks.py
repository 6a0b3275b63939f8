"""Samples on both sides of a split, of every kind, on made-up data and on the sets in /work/shared."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from biofm_desktop.engine.events import Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.leaks import Leak, find_leaks
from biofm_desktop.engine.leaks.leak import report_of
from biofm_desktop.engine.samples import (
    Columns,
    ImageSample,
    LazyImage,
    MoleculeSample,
    SequenceSample,
    TableSample,
    TextSample,
)

SHARED = Path("/work/shared/data")


def found(samples, **options):
    """Run the check to its end."""
    steps = find_leaks(samples, **options)
    while True:
        try:
            assert isinstance(next(steps), Progress)
        except StopIteration as end:
            return end.value


def listed(samples, **options):
    return [(leak.kind, leak.first, leak.second) for leak in found(samples, **options).leaks]


def image(key, pixels, split, **more):
    axes = "YXC" if pixels.ndim == 3 else "YX"
    return ImageSample(key=key, pixels=LazyImage.of(pixels), axes=axes, split=split, **more)


def blobs(seed, size=64):
    """Return a picture with structure, another for each seed."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(0, 255, (size // 6, size // 6), np.uint8))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))


def dna(seed, length=120):
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


def test_a_group_in_two_splits_is_told_once_for_each():
    samples = [
        TextSample(key=str(n), text=f"text {n}", group=group, split=split)
        for n, (group, split) in enumerate(
            [
                ("p1", "train"),
                ("p1", "train"),
                ("p1", "test"),
                ("p1", "test"),
                ("p2", "val"),
                ("", "train"),
                ("", "val"),
            ]
        )
    ]
    assert listed(samples) == [("same group", "0", "2")]


def test_equal_pictures_are_found_and_blank_ones_and_those_of_one_split_are_not():
    one, blank = blobs(1), np.zeros((40, 40), np.uint8)
    samples = [
        image("a", one, "train"),
        image("again", one, "train"),
        image("b", one.copy(), "val"),
        image("c", blobs(2), "val"),
        image("dark", blank, "train"),
        image("dark too", blank, "test"),
    ]
    assert found(samples).leaks == (Leak("equal content", "a", "train", "b", "val", 1.0),)


@pytest.mark.parametrize("change", ["saved", "smaller", "lighter", "colour", "shifted", "deeper"])
def test_a_picture_that_was_saved_or_scaled_or_lit_anew_is_found(change):
    first = blobs(3, 96)
    file = io.BytesIO()
    Image.fromarray(first).save(file, "JPEG", quality=60)
    changed = {
        "saved": np.asarray(Image.open(file)),
        "smaller": np.asarray(Image.fromarray(first).resize((64, 64), Image.Resampling.BILINEAR)),
        "lighter": (first * 0.6 + 40).astype(np.uint8),
        "colour": np.stack([first] * 3, -1),
        "shifted": np.roll(first, 3, axis=1),
        "deeper": first.astype(np.uint16) * 200,
    }[change]
    others = [image(f"o{n}", blobs(100 + n, 96), "train" if n % 2 else "test") for n in range(60)]
    report = found([*others, image("a", first, "train"), image("b", changed, "test")])
    ((kind, first_key, second_key),) = [(leak.kind, leak.first, leak.second) for leak in report.leaks]
    assert (kind, first_key, second_key) == ("near-duplicate picture", "a", "b")
    assert 0.92 <= report.leaks[0].likeness <= 1


def test_different_pictures_are_no_leak():
    assert not found([image(str(n), blobs(n), "train" if n % 3 else "val") for n in range(150)]).leaks


def test_a_picture_that_cannot_be_read_is_passed_by():
    def broken():
        raise Fault("x", "it is broken")

    bad = ImageSample(key="bad", pixels=LazyImage((9, 9), np.uint8, broken), split="val")
    assert listed([image("a", blobs(1), "train"), bad, image("b", blobs(1), "val")]) == [("equal content", "a", "b")]


def test_equal_sequences_texts_and_molecules_are_found():
    pairs = [
        (SequenceSample, {"letters": dna(0)}, {"letters": dna(0)}, "equal content"),
        (TextSample, {"text": "A note\nof  two lines"}, {"text": "a note of two lines"}, "equal content"),
        (
            MoleculeSample,
            {"smiles": "C(O)C", "canonical": "CCO"},
            {"smiles": "CCO", "canonical": "CCO"},
            "same molecule",
        ),
    ]
    for kind, one, two, word in pairs:
        samples = [kind(key="a", split="train", **one), kind(key="b", split="val", **two)]
        assert listed(samples) == [(word, "a", "b")]


@pytest.mark.parametrize("strand", ["same", "other"])
def test_a_mutated_sequence_is_found_on_either_strand(strand):
    train = [SequenceSample(key=f"t{n}", letters=dna(n), split="train") for n in range(200)]
    letters = train[7].letters
    mutant = (
        letters[:20] + "A" + letters[20:50] + ("C" if letters[50] != "C" else "G") + letters[51:100] + letters[101:]
    )
    if strand == "other":
        mutant = mutant.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    held = [
        SequenceSample(key="m", letters=mutant, split="test"),
        SequenceSample(key="n", letters=dna(999), split="test"),
    ]
    (leak,) = found([*train, *held]).leaks
    assert (leak.kind, leak.first, leak.second) == ("similar sequence", "t7", "m")
    assert leak.likeness == pytest.approx(118 / 121, abs=0.01)
    assert not found([*train, *held], identity=0.99).leaks


def test_a_protein_within_a_longer_one_is_found_and_an_overlap_is_not():
    letters = "".join(np.random.default_rng(1).choice(list("ACDEFGHIKLMNPQRSTVWY"), 200))
    samples = [
        SequenceSample(key="whole", letters=letters, alphabet="protein", split="train"),
        SequenceSample(key="part", letters=letters[30:90], alphabet="protein", split="test"),
        SequenceSample(key="overlap", letters=letters[150:] + letters[40:20:-1] * 3, alphabet="protein", split="test"),
    ]
    assert listed(samples) == [("similar sequence", "whole", "part")]


@pytest.mark.parametrize("letters", ["", "ACG", "NNNNNNNNNNNNNNNN", "AC-GT" * 5])
def test_short_and_unknown_sequences_do_no_harm(letters):
    found([SequenceSample(key=k, letters=letters, split=s) for k, s in (("a", "train"), ("b", "val"))])


def test_equal_rows_are_found_whatever_their_name_target_and_split():
    named = {
        "id": ("1", "2", "3"),
        "label": ("x", "y", "x"),
        "split": ("train", "test", "test"),
        "one": np.array([1.0, 1.0, 2.0]),
        "two": np.array([3.0, 3.0, 3.0]),
        "word": ("u", "u", "u"),
    }
    table = Columns(3, named)
    rows = [TableSample(key=named["id"][n], table=table, row=n, split=named["split"][n]) for n in range(3)]
    assert listed(rows) == [("equal content", "1", "2")]
    few = Columns(3, {name: named[name] for name in ("id", "word")})
    assert not listed([TableSample(key=str(n), table=few, row=n, split=named["split"][n]) for n in range(3)])


def test_measured_rows_on_the_disk_are_compared():
    values = np.random.default_rng(0).random((4, 5), np.float32)
    values[3] = values[0]
    table = Columns(4, {"batch": ("a", "a", "b", "b")}, tuple("vwxyz"), (LazyImage.of(values),))
    splits = ("train", "train", "val", "val")
    rows = [TableSample(key=f"r{n}", table=table, row=n, split=splits[n]) for n in range(4)]
    assert listed(rows) == []  # the batch differs
    same = Columns(4, {"batch": ("a", "a", "b", "a")}, tuple("vwxyz"), (LazyImage.of(values),))
    assert listed([TableSample(key=f"r{n}", table=same, row=n, split=splits[n]) for n in range(4)]) == [
        ("equal content", "r0", "r3")
    ]


def test_when_time_is_up_the_report_says_how_much_was_compared():
    def slow(seed):
        time.sleep(0.02)
        return blobs(seed)

    samples = [
        ImageSample(
            key=str(n),
            pixels=LazyImage((64, 64), np.uint8, lambda n=n: slow(n)),
            split="val" if n % 2 else "train",
        )
        for n in range(40)
    ]
    report = found(samples, seconds=0.2)
    assert 0 < report.compared < 40
    assert f"{report.compared} of 40 samples" in report.sentences()[-1]


def test_the_check_can_be_ended_midway():
    steps = find_leaks([image(str(n), blobs(n), "train" if n % 2 else "val") for n in range(10)])
    next(steps)
    steps.close()


def test_the_surest_kinds_come_first_and_of_many_the_first_are_named():
    leaks = [Leak("same group", "a", "train", str(n), "val") for n in range(1500)]
    report = report_of([*leaks, Leak("equal content", "a", "train", "b", "val")], 2000, 2000)
    assert (report.count, report.leaks[0].kind) == (1501, "equal content")
    first, second = report.sentences()
    assert first == "Leak between splits, equal content: 1 pair: a (train) and b (val)"
    assert second.endswith("a (train) and 2 (val) and 1,497 more")


def real(place):
    if not (SHARED / place).exists():
        pytest.skip("the shared data is not there")
    return found(open_data([SHARED / place]).samples)


def test_pictures_of_nuclei_are_told_apart():
    assert not real("seg2d/dsb2018").leaks


def test_chest_pictures_that_are_copied_are_found_and_those_that_only_look_alike_are_not():
    assert real("classify/pneumoniamnist/pneumoniamnist.npz").counts == {"equal content": 8}


def test_cells_photographed_twice_are_found():
    """Ten pairs of 4,738 are told: nine show one cell in two pictures of one field (seen by eye), one does not."""
    report = real("classify/chula_rbc12")
    assert report.counts == {"near-duplicate picture": 10}
    assert ("img277_7", "img271_19") in {(leak.first, leak.second) for leak in report.leaks}
