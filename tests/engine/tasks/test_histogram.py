"""Counts of classes by split, and what is doubtful about them."""

import numpy as np

from biofm_desktop.engine.samples import Dataset, ImageSample, LazyImage, SequenceSample
from biofm_desktop.engine.tasks import TASKS, ImageClassification, SemanticSegmentation, SequenceRegression
from biofm_desktop.engine.tasks.few_labels import advice_for
from biofm_desktop.engine.tasks.histogram import Histogram, counted
from biofm_desktop.engine.tasks.suggested import suggested


def whole(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def picture(key, target, split, mask=None):
    pixels = LazyImage.of(np.zeros((8, 8), np.uint8))
    return ImageSample(key=key, pixels=pixels, target=target, split=split, mask=mask and LazyImage.of(mask[0]))


def classes(*rows):
    samples = [picture(f"{n}", target, split) for target, split, count in rows for n in range(count)]
    return whole(counted(ImageClassification(classes=("a", "b", "c")), samples)), samples


def test_samples_of_each_class_are_counted_by_split_and_unlabelled_ones_apart():
    found, _ = classes(("a", "train", 1500), ("b", "train", 12), ("c", "val", 2), ("a", "val", 3), (None, "train", 4))
    assert found.unit == "samples"
    assert found.counts == {"train": (1500, 12, 0), "val": (3, 0, 2), "test": (0, 0, 0)}
    assert found.unlabelled == 4
    assert Histogram.from_values(found.to_values()) == found
    words = " | ".join(found.warnings())
    assert "No training sample shows c" in words
    assert "No validation sample shows b" in words
    assert "test" not in words
    assert "Very rare among the training samples: b (0.79%)" in words


def test_even_classes_raise_no_doubt():
    assert classes(*[(name, split, 20) for name in "abc" for split in ("train", "val")])[0].warnings() == []


def test_masks_are_counted_by_pixel_and_by_picture():
    mask = np.zeros((8, 8), np.uint8)
    mask[0, :3] = 2
    task = SemanticSegmentation(classes=("background", "a", "b"), values=(0, 1, 2))
    found = whole(counted(task, [picture("x", None, "train", (mask,)), picture("y", None, "train")]))
    assert found.counts["train"] == (61, 0, 3)
    assert found.holding["train"] == (1, 0, 1)
    assert (found.unit, found.unlabelled) == ("pixels", 1)


def test_numbers_are_put_into_bins_and_those_outside_of_training_are_told():
    values = [(v, "train") for v in np.linspace(0, 1, 30)] + [(5.0, "val")]
    samples = [SequenceSample(key=str(n), letters="ACGT", target=v, split=s) for n, (v, s) in enumerate(values)]
    found = whole(counted(SequenceRegression(column="label"), samples))
    assert found.unit == "values"
    assert sum(found.counts["train"]) == 30
    assert len(found.edges) == len(found.names) + 1
    assert found.warnings() == ["1 validation values lie outside of those that are learnt from"]


def test_few_labels_bring_stronger_augmentation_with_the_reason():
    found, _ = classes(("a", "train", 30), ("b", "train", 3), ("c", "train", 30))
    advice = advice_for(ImageClassification(), found)
    assert "only 3 training samples of b" in advice.reason
    assert advice.fit_options["epochs"] > 100
    assert advice_for(ImageClassification(), classes(*[(n, "train", 10) for n in "abc"])[0]) is None


def test_the_labels_speak_for_a_task():
    mask = np.zeros((8, 8), np.uint8)
    for sample, name in (
        (picture("x", "a", ""), "image-classification"),
        (picture("x", None, "", (mask,)), "semantic-segmentation"),
        (SequenceSample(key="s", letters="ACGT", target=0.5), "sequence-regression"),
    ):
        assert suggested(Dataset("made up", (sample,)), tuple(TASKS)) == name
    assert suggested(Dataset("nothing", ()), tuple(TASKS)) == ""
