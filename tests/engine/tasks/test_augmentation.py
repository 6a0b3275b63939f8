"""Samples changed by chance: the same seed gives the same bits, and image and mask move together."""

from dataclasses import replace

import pytest
import torch

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import specs
from biofm_desktop.engine.tasks import (
    TASKS,
    ImageClassification,
    Item,
    SemanticSegmentation,
    SequenceClassification,
    SequenceRegression,
)
from biofm_desktop.engine.tasks.augmentation import GROUP, augmentations, in_words, off, suggested
from biofm_desktop.engine.tasks.picture_augmentation import IGNORED
from biofm_desktop.engine.tasks.sequence_augmentation import changed, moved, other_strand
from biofm_desktop.engine.training.steering import AUGMENTATION, change_of

EVERYTHING = {
    "rotate": 40.0,
    "zoom": 0.3,
    "elastic": 0.5,
    "gamma": 0.5,
    "noise": 0.1,
    "blur": 1.5,
    "stain": 0.3,
    "cutout": 0.5,
    "invert": True,
    "flips": "all",
    "jitter": 0.3,
}
STILL = {"flips": "none", "jitter": 0.0, "zoom": 0.0}


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def disc(size=96, at=(40, 60), radius=14, channels=3):
    """A bright disc and its mask."""
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    mask = ((y - at[0]) ** 2 + (x - at[1]) ** 2 < radius**2).to(torch.uint8)
    return Item((0.2 + 0.6 * mask.float()).expand(channels, -1, -1).clone(), mask)


def tasks():
    masks, letters = disc(), torch.randint(0, 5, (60,), generator=chance(3))
    for channels in (1, 3, 5):
        for scaling in ("unit", "symmetric", "imagenet"):
            words = {"channels": channels, "scaling": scaling, **EVERYTHING}
            picture = torch.rand(channels, 64, 64, generator=chance(1))
            yield ImageClassification(classes=("a", "b"), size=64, shift=0.1, **words), Item(picture, torch.tensor(1))
            yield SemanticSegmentation(classes=("a", "b"), crop=64, **words), disc(channels=channels)
    for kind in (SequenceClassification, SequenceRegression):
        yield kind(length=60, reverse_complement=True, mutation=0.1, move=5), Item(letters, torch.tensor([1.0]))
    assert masks.target is not None


@pytest.mark.parametrize(("task", "item"), list(tasks()), ids=lambda value: getattr(value, "name", ""))
def test_one_seed_gives_the_same_bits_whatever_other_chance_does(task, item):
    before = item.inputs.clone()
    one, two = chance(), chance()
    first = [task.augment(item, one) for _ in range(4)]
    torch.manual_seed(99)
    second = [task.augment(item, two) for _ in range(4)]
    assert all(torch.equal(a.inputs, b.inputs) and torch.equal(a.target, b.target) for a, b in zip(first, second))
    assert len({tuple(a.inputs.flatten().tolist()) for a in first}) == 4
    assert torch.equal(item.inputs, before)
    size = task.inputs.size
    assert all(a.inputs.shape[-len(size) :] == size and a.inputs.dtype == item.inputs.dtype for a in first)
    assert all(type(part) is torch.Tensor for made in first for part in made)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_what_is_off_draws_nothing_and_the_names_are_of_the_group_that_may_change(task):
    assert GROUP == AUGMENTATION
    known = augmentations(task)
    assert len(known) >= 4
    for spec in known:
        assert spec.check(off(spec)) == off(spec)
        assert spec.check(suggested(spec)) != off(spec)
    assert in_words(task, {spec.name: off(spec) for spec in known}) == "none"


@pytest.mark.parametrize("name", [n for n in EVERYTHING if n not in ("flips", "jitter", "zoom")])
def test_each_change_alone_changes_the_picture_and_only_that_one_draws(name):
    still = ImageClassification(classes=("a", "b"), size=64, shift=0.0, **STILL)
    item = Item(torch.rand(3, 64, 64, generator=chance(1)), torch.tensor(0))
    assert torch.equal(still.augment(item, chance()).inputs, item.inputs)
    task = replace(still, **{name: EVERYTHING[name]})
    generator = chance(1)
    made = [task.augment(item, generator).inputs for _ in range(6)]
    assert any((other - item.inputs).abs().mean() > 0.005 for other in made)


@pytest.mark.parametrize("change", [{"rotate": 60.0}, {"elastic": 0.7}, {"zoom": 0.5}, {"flips": "all"}, EVERYTHING])
def test_image_and_mask_move_together(change):
    tones = ("gamma", "noise", "blur", "stain", "cutout", "invert", "jitter")
    moves = {name: value for name, value in change.items() if name not in tones}
    task = SemanticSegmentation(classes=("a", "b"), crop=96, **{**STILL, "jitter": 0.0, **moves})
    item, generator, displaced = disc(), chance(5), 0
    for _ in range(20):
        made = task.augment(item, generator)
        known = made.target != IGNORED
        bright = made.inputs[0] > 0.5
        hit = ((made.target == 1) & bright & known).sum()
        union = (((made.target == 1) | bright) & known).sum()
        assert union == 0 or hit / union > 0.85
        displaced += int(not torch.equal(made.target, item.target))
    assert displaced > 10


def test_nothing_is_learnt_where_a_part_is_cut_out_and_edges_are_mirrored():
    task = SemanticSegmentation(classes=("a", "b"), crop=96, cutout=0.6, rotate=90.0, **STILL)
    generator = chance(2)
    made = [task.augment(disc(), generator) for _ in range(10)]
    hidden = [(m.target == IGNORED) for m in made]
    assert sum(h.any().item() for h in hidden) >= 8
    for item, cut in zip(made, hidden):
        if cut.any():
            assert item.inputs[:, cut].std() < 1e-6
    turned = replace(task, cutout=0.0)
    assert all((turned.augment(disc(), generator).target != IGNORED).all() for _ in range(5))


def test_stain_leaves_grey_pictures_and_the_mean_of_many_as_they_are():
    task = ImageClassification(classes=("a", "b"), size=32, channels=1, stain=0.5, shift=0.0, **STILL)
    item = Item(torch.rand(1, 32, 32, generator=chance()), torch.tensor(0))
    assert torch.equal(task.augment(item, chance()).inputs, item.inputs)
    colour = Item(torch.rand(3, 32, 32, generator=chance()) * 0.5 + 0.4, torch.tensor(0))
    generator = chance(1)
    made = [replace(task, channels=3).augment(colour, generator).inputs for _ in range(64)]
    assert (torch.stack(made).mean(0) - colour.inputs).abs().mean() < 0.05
    assert (made[0] - made[1]).abs().mean() > 0.005


def test_the_other_strand_of_the_other_strand_is_the_first():
    letters = torch.tensor([1, 2, 3, 4, 4, 0, 1, 0, 0])
    assert other_strand(letters).tolist() == [4, 0, 1, 1, 2, 3, 4, 0, 0]
    assert torch.equal(other_strand(other_strand(letters)), letters)
    assert other_strand(torch.zeros(4, dtype=torch.int64)).tolist() == [0] * 4


def test_letters_are_moved_mutated_and_hidden():
    letters = torch.randint(1, 5, (4000,), generator=chance())
    assert moved(letters, 3)[:5].tolist() == [0, 0, 0, *letters[:2].tolist()]
    assert moved(letters, -3)[-4:].tolist() == [int(letters[-1]), 0, 0, 0]
    assert moved(letters[:3], 9).tolist() == [0, 0, 0]
    task = SequenceClassification(length=4000, mutation=0.2, dropped=0.0)
    made = changed(letters, task, chance(1))
    assert 0.12 < (made != letters).double().mean() < 0.18  # a quarter of the new letters are the old ones
    assert made.min() >= 1
    assert made.max() <= 4
    protein = replace(task, alphabet="protein")
    assert changed(torch.ones(4000, dtype=torch.int64), protein, chance()).max() == 20
    hidden = changed(letters, replace(task, mutation=0.0, dropped=0.3), chance())
    assert 0.25 < (hidden == 0).double().mean() < 0.35


def test_a_protein_has_no_other_strand_also_while_a_training_goes_on():
    with pytest.raises(Fault, match="no other strand"):
        SequenceClassification(alphabet="protein", reverse_complement=True)
    task = SequenceClassification(alphabet="protein")
    with pytest.raises(Fault, match="no other strand"):
        change_of({"task": {"reverse_complement": True}}, task, ["a"])
    made = change_of({"task": {"mutation": 0.1}}, task, ["a"])
    assert made.task == replace(task, mutation=0.1)


def test_every_augmentation_can_change_while_a_training_goes_on():
    for kind in TASKS:
        for spec in augmentations(kind):
            change = change_of({"task": {spec.name: suggested(spec)}}, kind(), ["a"])
            assert getattr(change.task, spec.name) == suggested(spec)


def test_cards_of_earlier_runs_still_load():
    values = SemanticSegmentation(classes=("a", "b"), zoom=0.2, invert=True).to_values()
    new = {"weights", "offsets", "focal", "balance"} | {spec.name for spec in specs(SemanticSegmentation)}
    old = {name: value for name, value in values.items() if name not in new or name in ("zoom", "invert", "crop")}
    assert SemanticSegmentation.from_values(old) == SemanticSegmentation.from_values(values)
