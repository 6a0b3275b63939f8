"""Every task of the list, and what each of them makes of samples."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Dataset, ImageSample, InputSpec, LazyImage, SequenceSample
from biofm_desktop.engine.tasks import (
    TASKS,
    ImageClassification,
    Item,
    SemanticSegmentation,
    SequenceClassification,
    SequenceRegression,
)
from biofm_desktop.engine.tasks.intensity import shifted, unshifted
from biofm_desktop.engine.tasks.recolouring import recoloured


def picture(key, values, *, target=None, mask=None, axes="YX"):
    lazy = None if mask is None else LazyImage.of(np.asarray(mask))
    return ImageSample(key=key, pixels=LazyImage.of(np.asarray(values)), axes=axes, target=target, mask=lazy)


def grey(size=40, dtype=np.uint8):
    return np.linspace(0, np.iinfo(dtype).max, size * size).reshape(size, size).astype(dtype)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_task_has_a_recipe_and_says_what_it_is(task):
    assert task.help
    assert set(task.recipe) >= {"steps", "batch_size", "learning_rate"}
    made = task()
    assert task.from_values(made.to_values()) == made


def test_classes_are_those_of_the_targets_numbers_in_order():
    data = Dataset("d", tuple(picture(str(n), grey(), target=str(n)) for n in (10, 9, 2)))
    assert ImageClassification().for_dataset(data).classes == ("2", "9", "10")


def test_one_class_only_is_refused_by_its_name():
    data = Dataset("cells", tuple(picture(str(n), grey(), target="round") for n in range(3)))
    with pytest.raises(Fault, match=r"cells.*one class.*round"):
        ImageClassification().for_dataset(data)


def test_a_class_that_is_not_on_the_list_is_refused():
    data = Dataset("cells", (picture("a", grey(), target="x"), picture("b", grey(), target="y")), classes=("x", "z"))
    with pytest.raises(Fault, match=r"'y'.*list of classes"):
        ImageClassification().for_dataset(data)


def test_grey_and_colour_together_are_fed_as_colour():
    colour = picture("b", np.zeros((30, 30, 3), np.uint8), target="y", axes="YXC")
    task = ImageClassification(size=16).for_dataset(Dataset("d", (picture("a", grey(), target="x"), colour)))
    assert task.inputs == InputSpec(3, (16, 16), "unit")
    assert all(task.encode(s)[0].inputs.shape == (3, 16, 16) for s in (picture("a", grey()), colour))


@pytest.mark.parametrize(("dtype", "scaling", "low"), [(np.uint8, "symmetric", -1), (np.uint16, "unit", 0)])
def test_values_arrive_in_the_scale_of_the_model(dtype, scaling, low):
    task = ImageClassification(size=40, classes=("a", "b"), scaling=scaling)
    inputs = task.encode(picture("a", grey(dtype=dtype)))[0].inputs
    assert inputs.min().item() == pytest.approx(low, abs=0.01)
    assert inputs.max().item() == pytest.approx(1, abs=0.01)


def test_the_score_of_right_answers_is_one():
    task = ImageClassification(classes=("a", "b"))
    outputs = [torch.tensor([5.0, 0.0]), torch.tensor([0.0, 5.0])]
    assert task.score(outputs, [torch.tensor(0), torch.tensor(1)]) == pytest.approx(
        dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1", "mcc", "auc"), 1.0)
    )


def test_a_class_prediction_has_all_probabilities():
    said = ImageClassification(classes=("a", "b")).decode(torch.tensor([0.0, 0.0]), picture("k", grey()))
    assert said.probabilities == {"a": 0.5, "b": 0.5}
    assert said.key == "k"


def test_instance_labels_mean_foreground():
    mask = np.zeros((40, 40), np.uint16)
    mask[:5, :5], mask[10:15, 10:15] = 1, 700
    task = SemanticSegmentation().for_dataset(Dataset("d", (picture("a", grey(), mask=mask),), instances=True))
    assert task.classes == ("background", "foreground")
    assert task.encode(picture("a", grey(), mask=mask))[0].target.sum() == 50


def test_label_values_of_classes_are_kept_apart():
    mask = np.zeros((40, 40), np.uint8)
    mask[:5], mask[5:9] = 1, 2
    task = SemanticSegmentation().for_dataset(Dataset("d", (picture("a", grey(), mask=mask),)))
    assert task.classes == ("background", "class 1", "class 2")


def test_a_label_value_without_a_class_is_refused_with_file_and_value():
    task = SemanticSegmentation().for_dataset(
        Dataset("d", (picture("a", grey(), mask=np.eye(40, dtype=np.uint8)),), classes=("background", "cell"))
    )
    with pytest.raises(Fault, match=r"slide7.*value 9.*none of the 2 classes"):
        task.encode(picture("slide7", grey(), mask=np.full((40, 40), 9, np.uint8)))


def test_a_label_of_another_size_is_refused_with_both_sizes():
    task = SemanticSegmentation(classes=("background", "foreground"))
    with pytest.raises(Fault, match=r"\(9, 9\).*\(40, 40\)"):
        task.encode(picture("a", grey(), mask=np.ones((9, 9), np.uint8)))


@pytest.mark.parametrize("shape", [(20, 50), (300, 200)])
def test_crops_have_the_size_of_the_input_and_ignore_what_is_padding(shape):
    task = SemanticSegmentation(crop=64, classes=("background", "foreground"))
    item = Item(torch.rand(3, *shape), torch.ones(shape, dtype=torch.uint8))
    chance = torch.Generator().manual_seed(0)
    for _ in range(10):
        crop = task.augment(item, chance)
        assert crop.inputs.shape == (3, 64, 64)
        assert set(crop.target.unique().tolist()) <= {1, 255}


def test_an_epoch_draws_more_crops_from_larger_pictures():
    task = SemanticSegmentation(crop=32, classes=("background", "foreground"))
    sizes = [(20, 20), (64, 64), (4000, 4000), (5, 64, 64)]
    draws = [task.draws(picture("p", np.zeros(s, np.uint8), axes="ZYX"[-len(s) :])) for s in sizes]
    assert draws == [1, 4, 16, 20]


def test_rare_kinds_of_pictures_are_drawn_more_often_when_evened_out():
    many = [picture(f"m{i}", grey(64), mask=np.eye(64, dtype=np.uint8)) for i in range(18)]
    rare = picture("r", grey(96), mask=np.eye(96, dtype=np.uint8))
    told = replace(rare, key="t", split="test")
    pictures = Dataset("d", (*many, rare, told))
    plain, even = (SemanticSegmentation(crop=32, even=even).for_dataset(pictures) for even in (False, True))
    assert (plain.draws(many[0]), plain.draws(rare)) == (4, 9)
    assert (even.draws(many[0]), even.draws(rare)) == (4, 27)
    assert SemanticSegmentation.from_values(even.to_values()).draws(rare) == 27


@pytest.mark.parametrize("light", ["slight", "wide"])
@pytest.mark.parametrize("scaling", ["unit", "symmetric", "imagenet"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_other_light_changes_values_but_no_shapes(light, scaling, channels):
    unit, chance = torch.zeros(channels, 16, 16), torch.Generator().manual_seed(0)
    unit[:, 4:8, 4:12] = 0.8
    inputs, spans = shifted(unit, scaling), []
    assert torch.allclose(unshifted(inputs, scaling), unit, atol=1e-6)
    for _ in range(40):
        seen = unshifted(recoloured(inputs, scaling, light, 0.25, False, chance), scaling)
        assert seen.shape == unit.shape
        assert seen[:, 5:7, 5:11].mean() > seen[:, 9:].mean() + 0.1
        spans.append(float(seen.max() - seen.min()))
    assert max(spans) - min(spans) > (0.45 if light == "wide" else 0.1)
    negative = [unshifted(recoloured(inputs, scaling, light, 0.25, True, chance), scaling) for _ in range(40)]
    assert 5 < sum(bool(n[:, 5:7, 5:11].mean() < n[:, 9:].mean()) for n in negative) < 35


def test_a_volume_is_learnt_slice_by_slice():
    task = SemanticSegmentation(classes=("background", "foreground"), channels=1)
    volume = picture("v", np.zeros((5, 32, 48), np.int16), mask=np.ones((5, 32, 48), np.uint8), axes="ZYX")
    items = task.encode(volume)
    assert [tuple(i.inputs.shape) for i in items] == [(1, 32, 48)] * 5


def test_dice_is_that_of_the_overlap():
    task = SemanticSegmentation(classes=("background", "foreground"))
    said, truth = torch.zeros(4, 4, dtype=torch.uint8), torch.zeros(4, 4, dtype=torch.uint8)
    said[:2], truth[1:3] = 1, 1
    scores = task.score([said], [truth])
    assert scores["dice"] == pytest.approx(0.5)
    assert scores["iou"] == pytest.approx(1 / 3)


def sequence(letters, target=None, alphabet="dna", **columns):
    return SequenceSample(key="s", letters=letters, target=target, alphabet=alphabet, columns=columns)


def test_letters_become_places_in_the_alphabet_and_unknown_ones_zero():
    task = SequenceClassification(length=6, classes=("a", "b"))
    assert task.encode(sequence("ACGTN"))[0].inputs.tolist() == [1, 2, 3, 4, 0, 0]


def test_of_a_long_sequence_both_ends_are_kept():
    assert SequenceClassification(length=4, classes=("a", "b")).encode(sequence("AACCCCGG"))[0].inputs.tolist() == [
        1, 1, 3, 3,
    ]  # fmt: skip


def test_letters_of_another_alphabet_are_refused_with_place_and_letter():
    with pytest.raises(Fault, match=r"letter 2.*'L'.*dna"):
        SequenceClassification(length=4, classes=("a", "b")).encode(sequence("ALA", alphabet="protein"))


def test_mixed_alphabets_are_refused():
    data = Dataset("d", (sequence("ACGT", "x"), sequence("MKL", "y", alphabet="protein")))
    with pytest.raises(Fault, match=r"dna and protein"):
        SequenceClassification().for_dataset(data)


def test_regression_finds_the_column_of_numbers_and_its_scale():
    rows = tuple(sequence("ACGT", start=str(n), expression=str(n % 3)) for n in range(6))
    task = SequenceRegression().for_dataset(Dataset("d", rows))
    assert task.column == "expression"
    assert (task.mean, task.deviation) == (pytest.approx(1.0), pytest.approx(np.std([0, 1, 2])))
    target = task.encode(rows[2])[0].target
    assert task.decode(target, rows[2]).value == pytest.approx(2.0)


def test_regression_without_numbers_is_refused():
    with pytest.raises(Fault, match=r"no column of numbers"):
        SequenceRegression().for_dataset(Dataset("d", (sequence("ACGT", "x"), sequence("ACGT", "y"))))


def test_correlation_of_equal_numbers_is_one():
    values = [torch.tensor([float(n)]) for n in range(5)]
    assert SequenceRegression().score(values, values)["pearson"] == pytest.approx(1.0)
