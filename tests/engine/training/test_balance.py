"""Rare classes: weights, focal loss, balanced drawing and tuned thresholds."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import cross_entropy

from biofm_desktop.engine.events import Finished, Progress, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, EvaluateJob, PredictJob, TrainJob
from biofm_desktop.engine.project.prediction_store import read_predictions
from biofm_desktop.engine.runners import HereRun
from biofm_desktop.engine.samples import ImageSample, LazyImage
from biofm_desktop.engine.tasks import ImageClassification, Item, SemanticSegmentation
from biofm_desktop.engine.tasks.balanced import class_loss, weights_of
from biofm_desktop.engine.tasks.classes import class_scores
from biofm_desktop.engine.tasks.thresholds import chosen, figures, told
from biofm_desktop.engine.training import tuning
from biofm_desktop.engine.training.drawing import Drawing, strata_of
from tests.engine.training.test_continuing import equal, loop
from tests.engine.training.test_training import OPTIONS

CPU = torch.device("cpu")


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(12,), (3, 5, 4)])
@pytest.mark.parametrize("weights", [(), (0.5, 2.0, 1.0)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_focal_loss_without_focus_is_cross_entropy(shape, weights, smoothing):
    logits = torch.randn(shape[0], 3, *shape[1:], generator=chance())
    truth = torch.randint(3, shape, generator=chance(1))
    truth.view(-1)[0] = 255
    kept = None if not weights else torch.tensor(weights)
    plain = cross_entropy(logits, truth, weight=kept, label_smoothing=smoothing, ignore_index=255)
    for gamma in (0.0, 1e-9):  # the second goes through the focal loss
        found = class_loss(logits, truth, weights=weights, gamma=gamma, smoothing=smoothing, ignored=255)
        assert torch.allclose(found, plain, atol=1e-6)


def test_focal_loss_counts_what_is_sure_for_less():
    sure, unsure, truth = torch.tensor([[4.0, 0.0]]), torch.tensor([[0.1, 0.0]]), torch.tensor([0])
    shares = [class_loss(x, truth, gamma=2.0) / class_loss(x, truth) for x in (sure, unsure)]
    assert shares[0] < 0.001
    assert shares[1] > 0.2


def test_pixels_are_weighed_so_that_each_class_counts_the_same():
    mask = np.zeros((40, 40), np.uint8)
    mask[:4, :10] = 1
    sample = ImageSample(key="a", pixels=LazyImage.of(mask * 9), mask=LazyImage.of(mask))
    from biofm_desktop.engine.samples import Dataset

    task = SemanticSegmentation(balance=True).for_dataset(Dataset("made up", (sample,)))
    assert task.weights == pytest.approx((1600 / 2 / 1560, 1600 / 2 / 40))
    assert weights_of([3, 0, 1]) == pytest.approx((4 / 6, 0.0, 2.0))
    assert SemanticSegmentation().for_dataset(Dataset("made up", (sample,))).weights == ()


def test_balanced_drawing_takes_each_class_as_often_and_natural_drawing_each_item_once():
    strata = [0] * 900 + [1] * 90 + [2] * 10
    drawn = Counter(strata[i] for i in Drawing([1] * 1000, strata).order(chance()))
    assert all(abs(count / 1000 - 1 / 3) < 0.06 for count in drawn.values())
    assert sorted(Drawing([1, 3]).order(chance())) == [0, 1, 1, 1]
    assert Drawing([1] * 1000, strata).order(chance(5)) == Drawing([1] * 1000, strata).order(chance(5))


def test_a_stratum_is_a_class_the_rarest_class_of_a_mask_or_a_range():
    blank = torch.zeros(1)
    assert strata_of([Item(blank, torch.tensor(n)) for n in (2, 0, 1)]) == [2, 0, 1]
    masks = torch.zeros(3, 4, 4, dtype=torch.uint8)
    masks[1, 0], masks[2, 0, 0], masks[2, 1], masks[0, 3] = 1, 2, 1, 255
    assert strata_of([Item(blank, mask) for mask in masks]) == [0, 1, 2]
    assert strata_of([Item(blank, torch.tensor([v])) for v in (-1.0, 0.0, 1.0)]) == [0, 5, 9]
    with pytest.raises(Fault, match="no label"):
        strata_of([Item(blank, None)])


@pytest.mark.parametrize("after", [2, 5, 9])
def test_balanced_drawing_goes_on_to_the_same_weights(tmp_path, after):
    options = replace(OPTIONS, sampler="balanced")
    whole, _, events = loop(tmp_path / "whole", options)
    told_of = list(events)
    _, _, broken = loop(tmp_path / "broken", options)
    before = [next(broken) for _ in range(after)]
    broken.close()
    network, _, rest = loop(tmp_path / "broken", options, go_on=True)
    assert before + list(rest) == told_of
    assert equal(network, whole)
    assert not equal(network, loop_through(tmp_path / "natural"))


def loop_through(folder):
    network, _, events = loop(folder)
    list(events)
    return network


def test_quick_figures_are_those_of_the_task():
    logits, truth = torch.randn(60, 4, generator=chance()), torch.randint(3, (60,), generator=chance(1))
    table = np.bincount(truth.numpy() * 4 + logits.argmax(1).numpy(), minlength=16).reshape(4, 4)
    known = class_scores(list(logits), list(truth), "abcd")
    assert figures(table) == pytest.approx({name: known[name] for name in figures(table)})


def rare(count, seed, shares, shift=1.2):
    """Logits of a model that learnt from the shares of the classes: rare ones are hardly ever said."""
    truth = torch.multinomial(torch.tensor(shares), count, replacement=True, generator=chance(seed))
    logits = torch.randn(count, len(shares), generator=chance(seed + 1)) + torch.tensor(shares).log()
    logits[torch.arange(count), truth] += 2 * shift
    return [Item(x, y) for x, y in zip(logits, truth)]


def tuned(*words):
    """Return what a tuning finds in the end."""
    steps = tuning.tuned(*words)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def score(task, items):
    return task.score([task.compact(item.inputs) for item in items], [item.target for item in items])


@pytest.mark.parametrize(("classes", "shares"), [("ab", [0.93, 0.07]), ("abc", [0.85, 0.1, 0.05])])
@pytest.mark.parametrize("figure", ["balanced_accuracy", "macro_f1"])
def test_tuned_thresholds_do_better_on_held_out_samples_of_rare_classes(classes, shares, figure):
    task = ImageClassification(classes=tuple(classes))
    found = tuned(nn.Identity(), task, rare(800, 0, shares), figure, CPU, 64)
    assert found.after > found.before
    better = replace(task, offsets=found.offsets)
    held_out = rare(4000, 100, shares)
    assert score(better, held_out)[figure] > score(task, held_out)[figure] + 0.02


def test_thresholds_of_pixels_are_tuned_for_the_task_s_own_figure_and_others_are_refused():
    task = SemanticSegmentation(classes=("background", "cell"))
    truth = (torch.rand(6, 64, 64, generator=chance()) < 0.1).to(torch.uint8)
    margin = torch.randn(6, 64, 64, generator=chance(1)) + 2.5 * truth - 2.5
    items = [Item(torch.stack([torch.zeros(64, 64), m]), t) for m, t in zip(margin, truth)]
    found = tuned(nn.Identity(), task, items[:3], "headline", CPU, 8)
    assert found.figure == "dice"
    better = replace(task, offsets=found.offsets)
    assert score(better, items[3:])["dice"] > score(task, items[3:])["dice"] + 0.05
    _, index = chosen(items[0].inputs, better.offsets)
    assert torch.equal(index.to(torch.uint8), better.compact(items[0].inputs))
    with pytest.raises(Fault, match="no such figure"):
        tuned(nn.Identity(), task, items[:3], "mcc", CPU, 8)


def test_thresholds_that_fit_chance_are_not_taken():
    truth = torch.randint(12, (150,), generator=chance())
    items = [Item(x, y) for x, y in zip(torch.randn(150, 12, generator=chance(1)), truth)]
    logits = torch.stack([item.inputs for item in items])
    logits[torch.arange(150), truth] += 2.5  # a good model, all classes as common: there is nothing to tune
    found = tuned(
        nn.Identity(),
        ImageClassification(classes=tuple("abcdefghijkl")),
        [Item(x, y) for x, y in zip(logits, truth)],
        "macro_f1",
        CPU,
        64,
    )
    assert found.offsets == ()
    assert found.after <= found.before


def test_what_holds_within_a_group_only_is_not_taken():
    shifts = (
        torch.randn(10, 4, generator=chance(5)) * 2
    )  # each slide has its own tone, and what helps on one harms others
    truth = torch.randint(4, (400,), generator=chance())
    logits = torch.randn(400, 4, generator=chance(1))
    logits[torch.arange(400), truth] += 3
    slides = [n // 40 for n in range(400)]
    items = [Item(x + shifts[slide], y) for x, y, slide in zip(logits, truth, slides)]
    task = ImageClassification(classes=tuple("abcd"))
    found = tuned(nn.Identity(), task, items, "macro_f1", CPU, 64, [str(slide) for slide in slides])
    assert found.offsets == ()


def test_a_threshold_is_told_as_a_probability():
    assert told(("no", "yes"), (0.0, 0.5322)) == "tuned: 0.37"
    assert told(("a", "b", "c"), (0.0, -0.5, 1.0)) == "tuned: b -0.50, c +1.00"


@pytest.fixture(scope="module")
def tuned_run(tmp_path_factory):
    """A run on few bright and many dark pictures that overlap, its thresholds tuned."""
    folder, random = tmp_path_factory.mktemp("rare"), np.random.default_rng(0)
    for name, level, count in (("dark", 100, 240), ("light", 120, 48)):
        (folder / "data" / name).mkdir(parents=True)
        for n in range(count):
            pixels = random.normal(random.normal(level, 14), 30, (28, 28)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "data" / name / f"{name}{n}.png")
    fit = {"epochs": 2, "batch_size": 8, "threads": 1, "device": "cpu", "check_leaks": False, "validation": 0.4}
    fit["learning_rate"] = 1e-4  # so slow that it still says the common class nearly always
    job = TrainJob(
        task="image-classification",
        data=(str(folder / "data"),),
        model="biomed-cnn",
        out=str(folder / "run"),
        fit_options={**fit, "tune": "balanced_accuracy"},
        task_options={"focal": 1.0},
    )
    return folder, list(HereRun(job))


def test_a_run_keeps_its_tuned_threshold_and_predicts_and_judges_by_it(tuned_run, tmp_path):
    folder, events = tuned_run
    card = json.loads((folder / "run" / "card.json").read_text())
    metrics = json.loads((folder / "run" / "metrics.json").read_text())
    assert isinstance(events[-1], Finished)
    assert "tuned: 0." in events[-1].message
    assert metrics["tuned"]["after"] > metrics["tuned"]["before"]
    assert card["tuned"]["figure"] == "balanced_accuracy"
    # A threshold far off shows that predictions and figures follow the card.
    card["task_values"]["offsets"] = [0.0, 50.0]
    (folder / "run" / "card.json").write_text(json.dumps(card))
    data = str(folder / "data")
    list(HereRun(PredictJob(run_folder=str(folder / "run"), inputs=(data,), out=str(tmp_path / "said"), export="csv")))
    said = read_predictions(tmp_path / "said")
    assert {prediction.label for prediction in said} == {"light"}
    assert min(prediction.confidence for prediction in said) < 0.5  # the model's own probability
    assert "dark" not in {
        row.split(",")[1] for row in next((tmp_path / "said").glob("*.csv")).read_text().split("\n")[1:-1]
    }
    list(HereRun(EvaluateJob(run_folder=str(folder / "run"), data=(data,), out=str(tmp_path / "eval"))))
    judged = json.loads((tmp_path / "eval" / "metrics.json").read_text())
    assert judged["metrics"]["accuracy"] == pytest.approx(48 / 288)
    assert judged["tuned"]["threshold"] == card["tuned"]["threshold"]


def test_a_run_that_goes_on_and_stops_has_no_thresholds_of_other_weights(tuned_run):
    folder, _ = tuned_run
    run = HereRun(ContinueJob(run_folder=str(folder / "run"), epochs=3))
    for event in run:
        if type(event).__name__ == "StepDone":
            run.stop()
    card = json.loads((folder / "run" / "card.json").read_text())
    assert "tuned" not in card
    assert card["task_values"]["offsets"] == []
    assert card["task_values"]["focal"] == 1.0


def one_epoch(data, out, *, validation):
    fit = {"epochs": 1, "threads": 1, "device": "cpu", "check_leaks": False, "tune": "headline"}
    return TrainJob(
        task="image-classification",
        data=(str(data),),
        model="biomed-cnn",
        out=str(out),
        fit_options={**fit, "validation": validation},
    )


def test_a_tuning_that_is_stopped_leaves_the_trained_model(tuned_run, tmp_path):
    folder, events = tuned_run
    assert any(e.message == "Looking at validation samples" for e in events if isinstance(e, Progress))
    run, events = HereRun(one_epoch(folder / "data", tmp_path / "run", validation=0.4)), []
    for event in run:
        events.append(event)
        if isinstance(event, Progress) and event.message == "Looking at validation samples":
            run.stop()
    assert isinstance(events[-1], Finished)
    assert events[-1].stopped
    assert (tmp_path / "run" / "model.safetensors").is_file()
    assert "tuned" not in json.loads((tmp_path / "run" / "card.json").read_text())


def test_where_nothing_can_be_tuned_a_warning_says_why(tuned_run, tmp_path):
    folder, _ = tuned_run
    events = list(HereRun(one_epoch(folder / "data", tmp_path / "run", validation=0.0)))
    assert any("no validation samples" in event.message for event in events if isinstance(event, Warned))
    assert isinstance(events[-1], Finished)
