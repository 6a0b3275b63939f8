"""Label these next: what is unsure, what is unlike the rest, and why."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Failed, Finished, Warned
from biofm_desktop.engine.inference.choosing import SPREADS, choose, in_words, nearest
from biofm_desktop.engine.inference.features import head_inputs, pooled
from biofm_desktop.engine.inference.looking import look
from biofm_desktop.engine.inference.run_folder import load_run
from biofm_desktop.engine.inference.uncertainty import MEASURES, dropping, worst_patch
from biofm_desktop.engine.jobs import SuggestJob, TrainJob, job_from_json, suggest
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.layers import empty_batch
from biofm_desktop.engine.runners import HereRun
from biofm_desktop.engine.samples import Grain, InputSpec, SequenceSample
from tests.engine.made_up import class_folder, painted_folder, sequence_table

CPU = torch.device("cpu")


def last_of(job):
    return list(HereRun(job))[-1]


def trained(task, model, data, out, **options):
    fit = {"epochs": 2, "check_leaks": False}
    words = {"task_options": options, "fit_options": fit, "out": str(out)}
    assert isinstance(last_of(TrainJob(task=task, data=(str(data),), model=model, **words)), Finished)
    return out


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """A table of sequences, ten of them without a class, and a run that learnt from it."""
    folder = tmp_path_factory.mktemp("letters")
    data = sequence_table(folder / "s.csv", 40)
    rows = data.read_text().splitlines()
    data.write_text("\n".join([*rows[:31], *(row.split(",")[0] + "," for row in rows[31:])]) + "\n")
    return data, trained("sequence-classification", "gru", data, folder / "run")


def proposals(run, data, **words):
    last = last_of(SuggestJob(run_folder=str(run), data=(str(data),), **words))
    assert isinstance(last, Finished), last
    return last.result


# How unsure


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_doubt_is_0_for_a_sure_answer_and_1_for_none(measure):
    sure, none = torch.tensor([1.0, 0, 0]), torch.full((3,), 1 / 3)
    torch.testing.assert_close(measure(torch.stack([sure, none])), torch.tensor([0.0, 1.0]))
    assert measure(torch.tensor([0.5, 0.4, 0.1])) > measure(torch.tensor([0.8, 0.1, 0.1]))


def test_the_most_uncertain_patch_is_found():
    doubt = torch.zeros(100, 200)
    doubt[64:96, 128:160] = 1
    assert worst_patch(doubt) == (1.0, (80, 144))
    assert worst_patch(torch.ones(3, 5))[0] == 1.0


def test_dropout_draws_inside_the_block_only_and_leaves_the_chance_alone():
    network = nn.Sequential(nn.Dropout(0.5), nn.Linear(8, 1)).eval()
    inputs, state = torch.ones(64, 8), torch.get_rng_state()
    with dropping(network, 3) as drops:
        drawn = network(inputs).std()
    assert drops
    assert drawn > 0
    assert torch.equal(torch.get_rng_state(), state)
    assert network(inputs).std() < 1e-6


@pytest.mark.parametrize("entry", [*MODELS], ids=lambda entry: entry.name)
def test_every_model_gives_a_vector_for_each_sample(entry):
    sequence = entry.takes is SequenceSample
    inputs = InputSpec(4, (64,)) if sequence else InputSpec(3, (64, 64))
    network = entry.build(inputs, 3).eval()
    with torch.inference_mode(), head_inputs(network, entry.head) as caught:
        output = network(empty_batch(inputs, sequence, 2))
        assert caught, f"{entry.head} was not met"
        vectors = pooled(caught, output)
    assert vectors.shape[0] == 2
    assert vectors.ndim == 2
    assert vectors.shape[1] > 3 or entry.grain is Grain.PIXEL


# Which ones


def grouped():
    """Three tight groups of twenty points on the sphere; the third one is sure."""
    chance, centres = np.random.default_rng(0), np.eye(3, 8, dtype=np.float32)
    points = np.concatenate([centre + chance.normal(0, 0.02, (20, 8)) for centre in centres]).astype(np.float32)
    doubts = np.concatenate([np.full(40, 0.9), np.full(20, 0.05)]) + chance.random(60) * 0.01
    return points / np.linalg.norm(points, axis=1, keepdims=True), doubts


@pytest.mark.parametrize("spread", SPREADS)
def test_every_way_gives_so_many_different_ones_and_the_same_for_a_seed(spread):
    points, doubts = grouped()
    first, second = (choose(points, doubts, points[:0], 7, spread=spread, seed=1) for _ in range(2))
    assert first == second
    assert len({choice.place for choice in first}) == 7
    assert len(choose(points[:3], doubts[:3], points[:0], 7, spread=spread)) == 3
    assert choose(points[:0], doubts[:0], points, 7, spread=spread) == []
    same = np.tile(points[:1], (9, 1))
    assert len({choice.place for choice in choose(same, doubts[:9], points, 4, spread=spread)}) == 4


def test_groups_of_unsure_samples_each_send_one():
    points, doubts = grouped()
    chosen = choose(points, doubts, points[:0], 2, spread="clusters")
    assert {choice.place // 20 for choice in chosen} == {0, 1}
    assert sum(choice.group for choice in chosen) == 40
    assert {choice.place // 20 for choice in choose(points, doubts, points[:0], 2, spread="none")} <= {0, 1}


def test_the_core_set_goes_where_nothing_is_labelled():
    points, doubts = grouped()
    (choice,) = choose(points, doubts, points[:40:2], 1, spread="core-set")
    assert choice.place // 20 == 2
    assert choice.unlike
    assert choice.distance > 1


def test_the_distance_is_that_of_the_nearest_one():
    points, _ = grouped()
    slow = np.array([min(np.linalg.norm(p - q) for q in points[20:]) for p in points[:5]])
    np.testing.assert_allclose(nearest(points[:5], points[20:]), slow, atol=1e-3)
    assert nearest(points, points, themselves=True).min() > 0


def test_the_reason_says_all_that_is_special():
    points, doubts = grouped()
    choice = choose(points, doubts, points[:40], 1, spread="core-set")[0]
    assert in_words(choice, "unsure: 0.52 a / 0.47 b") == "unsure: 0.52 a / 0.47 b; unlike all labelled samples"
    assert in_words(replace(choice, unlike=False, group=9), "") == "stands for 9 samples like it"
    assert in_words(replace(choice, unlike=False), "")


# The job


def test_only_samples_without_a_label_are_proposed_each_with_its_reason(letters, tmp_path):
    data, run = letters
    found = proposals(run, data, count=6, out=str(tmp_path / "next.csv"))
    assert found["unlabelled"] == 10
    assert [row["rank"] for row in found["suggestions"]] == [1, 2, 3, 4, 5, 6]
    assert all(int(row["key"].split("_")[-1]) > 30 for row in found["suggestions"])
    assert any("unsure: 0." in row["reason"] and " / 0." in row["reason"] for row in found["suggestions"])
    scores = [row["score"] for row in found["suggestions"]]
    assert scores == sorted(scores, reverse=True)
    with (tmp_path / "next.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["key"] for row in table] == [row["key"] for row in found["suggestions"]]
    assert {row["prediction"] for row in table} <= {"no", "yes"}


def test_the_same_seed_proposes_the_same_and_looking_changes_nothing(letters):
    data, run = letters
    assert proposals(run, data, count=4) == proposals(run, data, count=4)
    loaded = load_run(run, CPU)
    before = {name: tensor.clone() for name, tensor in loaded.network.state_dict().items()}
    sample = SequenceSample(key="a", letters="ACGT" * 10)
    list(look(loaded, [sample], CPU))
    assert all(torch.equal(before[name], tensor) for name, tensor in loaded.network.state_dict().items())
    assert not loaded.network.training


def test_where_all_are_labelled_it_says_so(tmp_path):
    data = class_folder(tmp_path / "cells", 6)
    run = trained("image-classification", "biomed-cnn", data, tmp_path / "run")
    last = last_of(SuggestJob(run_folder=str(run), data=(str(data),)))
    assert last.result["suggestions"] == []
    assert "Every sample has a label" in last.message


@pytest.mark.parametrize("patch", [False, True])
def test_masks_are_judged_by_all_pixels_or_by_the_worst_patch(tmp_path, patch):
    data = painted_folder(tmp_path / "discs", unlabelled=3)
    run = trained("semantic-segmentation", "unet", data, tmp_path / "run", crop=32)
    found = proposals(run, data, count=2, patch=patch)
    assert len(found["suggestions"]) == 2
    assert all("over the picture" in row["reason"] and "about y" in row["reason"] for row in found["suggestions"])


def test_numbers_are_unsure_where_dropout_scatters_them(tmp_path):
    data = sequence_table(tmp_path / "s.csv", 30, numbers=True)
    rows = data.read_text().splitlines()
    data.write_text("\n".join([*rows[:21], *(row.split(",")[0] + "," for row in rows[21:])]) + "\n")
    run = trained("sequence-regression", "sequence-cnn", data, tmp_path / "run")
    found = proposals(run, data, count=3)
    assert found["unlabelled"] == 10
    assert all("±" in row["reason"] for row in found["suggestions"])


def test_a_number_without_dropout_is_judged_by_its_distance(letters, tmp_path):
    data = sequence_table(tmp_path / "s.csv", 30, numbers=True)
    run = load_run(trained("sequence-regression", "sequence-cnn", data, tmp_path / "run"), CPU)
    for module in run.network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    events = look(run, [SequenceSample(key="a", letters="ACGT" * 10)], CPU)
    while True:
        try:
            next(events)
        except StopIteration as end:
            (made,) = end.value
            break
    assert made.doubt is None
    job = SuggestJob(run_folder="x", data=("y",), count=1)
    far = replace(made, key="far", features=-made.features)
    near = replace(made, key="near")
    known = replace(made, key="known", labelled=True)
    assert [each.key for each in job._chosen([near, far, known])] == ["far"]


def test_of_very_many_a_part_is_looked_at(letters, monkeypatch):
    data, run = letters
    monkeypatch.setattr(suggest, "_MOST", 5)
    events = list(HereRun(SuggestJob(run_folder=str(run), data=(str(data),), count=3)))
    assert any(isinstance(event, Warned) and "drawn at random" in event.message for event in events)
    assert events[-1].result["unlabelled"] == 5


@pytest.mark.parametrize(
    ("words", "expected"),
    [({"count": 0}, "less than one"), ({"spread": "wide"}, "there is no"), ({"run_folder": "/nowhere"}, "run")],
)
def test_wrong_wishes_are_refused_in_words(letters, words, expected):
    job = SuggestJob(**{"run_folder": str(letters[1]), "data": (str(letters[0]),), **words})
    last = last_of(job)
    assert isinstance(last, Failed)
    assert expected in last.message


def test_the_command_line_proposes_the_same(letters, tmp_path, capsys):
    data, run = letters
    job = SuggestJob(run_folder=str(run), data=(str(data),), count=3, spread="badge", out=str(tmp_path / "a.csv"))
    assert job_from_json(json.loads(json.dumps(job.to_json()))) == job
    found = last_of(job).result["suggestions"]
    words = [word.replace("a.csv", "b.csv") for word in job.command()[1:]]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["result"]["suggestions"]
    assert told == found
    assert main(words) == 2  # the file is there
    words[words.index("--out") + 1] = str(tmp_path / "c.csv")
    assert main(words) == 0
    assert f"{found[0]['key']}: {found[0]['reason']}" in capsys.readouterr().out
