"""Pinned samples, predicted after each epoch."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file
from torch import nn

from biofm_desktop.cli.main import main
from biofm_desktop.engine.events import EpochDone, Finished, Preview, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import at_points
from biofm_desktop.engine.inference.predict import predict
from biofm_desktop.engine.inference.run_folder import TrainedRun
from biofm_desktop.engine.jobs import ContinueJob, TrainJob
from biofm_desktop.engine.predictions import CurvePrediction
from biofm_desktop.engine.previews import (
    MOST_PINNED,
    look_of,
    looks_of,
    part_of,
    pinned_of,
    read_looks,
    read_mask,
    step_of,
)
from biofm_desktop.engine.project import load
from biofm_desktop.engine.project.prediction_store import PredictionWriter
from biofm_desktop.engine.samples import ImageSample, LazyImage
from biofm_desktop.engine.tasks import SemanticSegmentation
from biofm_desktop.engine.training.pinned import Pinned

from ..made_up import class_folder, painted_folder, sequence_table

FIT = {"epochs": 3, "batch_size": 4, "device": "cpu", "threads": 1, "check_leaks": False}


def job(data, out, task="image-classification", model="biomed-cnn", **more):
    options = {"task": task, "data": (str(data),), "model": model, "out": str(out), "fit_options": FIT}
    return TrainJob(**{**options, **more})


def test_each_epoch_says_what_it_holds_a_sample_for(tmp_path):
    key = load([class_folder(tmp_path / "data")]).samples[0].key
    run = tmp_path / "run"
    told = [event for event in job(tmp_path / "data", run, pinned=(key,)).run() if isinstance(event, Preview)]
    looks = looks_of(run)
    assert [(look.epoch, look.key) for look in looks] == [(1, key), (2, key), (3, key)]
    assert [(event.text, event.confidence) for event in told] == [(look.text, look.confidence) for look in looks]
    for look in looks:
        assert sum(look.shares.values()) == pytest.approx(1, abs=1e-4)
        assert max(look.shares, key=look.shares.get) == look.text


def test_pinning_does_not_change_what_is_learnt_and_a_run_that_goes_on_previews_on(tmp_path):
    key = load([class_folder(tmp_path / "data")]).samples[3].key
    for name, pinned in (("with", (key,)), ("without", ())):
        list(job(tmp_path / "data", tmp_path / name, pinned=pinned).run())
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("with", "without"))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not (tmp_path / "without" / "previews").exists()
    list(ContinueJob(run_folder=str(tmp_path / "with"), epochs=1).run())
    assert [look.epoch for look in looks_of(tmp_path / "with")] == [1, 2, 3, 4]


def test_an_outlined_picture_is_kept_as_a_small_mask(tmp_path):
    data = painted_folder(tmp_path / "data", unlabelled=1)
    options = {"task": "semantic-segmentation", "model": "unet", "pinned": ("disc5",)}  # it has no label
    list(job(data, tmp_path / "run", **options).run())
    looks = looks_of(tmp_path / "run")
    assert [look.key for look in looks] == ["disc5"] * 3
    for look in looks:
        mask = read_mask(tmp_path / "run" / "previews" / look.mask)
        assert mask.shape == (64, 64)
        assert sum(look.shares.values()) == pytest.approx((mask > 0).mean())


def test_a_number_is_kept_as_a_number(tmp_path):
    data = sequence_table(tmp_path / "table.csv", numbers=True)
    key = load([data]).samples[1].key
    list(job(data, tmp_path / "run", "sequence-regression", "sequence-cnn", pinned=(key,)).run())
    values = [look.value for look in looks_of(tmp_path / "run")]
    assert len(values) == 3
    assert all(isinstance(value, float) for value in values)


def test_from_the_command_line(tmp_path, capsys):
    key = load([class_folder(tmp_path / "data")]).samples[0].key
    words = ["train", "image-classification", str(tmp_path / "data"), "--model", "biomed-cnn", "--epochs", "2"]
    words += ["--device", "cpu", "--out"]
    assert main([*words, str(tmp_path / "run"), "--pin", key]) == 0
    assert capsys.readouterr().err.count(f"  {key}: ") == 2
    assert main([*words, str(tmp_path / "none"), "--pin", "nobody"]) == 2
    assert "sample nobody: the data has none of this name" in capsys.readouterr().err


def test_a_disk_that_takes_no_preview_ends_no_training(tmp_path):
    key = load([class_folder(tmp_path / "data")]).samples[0].key

    def fail(name, path):
        if "previews" in path.parts:
            raise OSError(28, "No space left on device")

    with at_points(fail):
        told = list(job(tmp_path / "data", tmp_path / "run", pinned=(key,)).run())
    assert isinstance(told[-1], Finished)
    assert any(isinstance(event, Warned) and event.message.startswith("No preview: ") for event in told)


def test_a_pinned_sample_that_cannot_be_read_is_told_once(tmp_path):
    data = painted_folder(tmp_path / "data")
    events = job(data, tmp_path / "run", "semantic-segmentation", "unet", pinned=("disc0", "disc1")).run()
    said = []
    for event in events:
        said.append(event)
        if isinstance(event, Preview) and event.key == "disc1":
            (data / "images" / "disc0.png").write_bytes(b"broken")
    assert sum(isinstance(event, Warned) and "No longer previewed" in event.message for event in said) == 1
    assert [look.epoch for look in looks_of(tmp_path / "run") if look.key == "disc1"] == [1, 2, 3]


def test_of_a_large_picture_the_middle_is_predicted_and_of_a_volume_the_slice_with_the_label():
    large = ImageSample(key="a", pixels=LazyImage((3000, 700), np.uint8, lambda: np.zeros((3000, 700), np.uint8)))
    assert part_of(large) == ((988, 2012), (0, 700))
    assert step_of(part_of(large)) == 2
    label = np.zeros((9, 20, 30), np.uint8)
    label[7, 3:5] = 1
    volume = ImageSample(key="v", pixels=LazyImage.of(label), axes="ZYX", mask=LazyImage.of(label))
    assert part_of(volume) == ((7, 8), (0, 20), (0, 30))
    unmarked = ImageSample(key="v", pixels=LazyImage.of(label), axes="ZYX")
    assert part_of(unmarked)[0] == (4, 5)


def test_scores_along_a_long_sequence_are_thinned_out():
    scores = np.linspace(0, 1, 500_000, dtype=np.float32)
    scores[:10] = np.nan
    look = look_of(CurvePrediction("s", scores, "promoter"), 2)
    assert len(look.curve) <= 1000
    assert look.curve[0] is None
    assert look.curve[-1] == pytest.approx(1, abs=0.01)


def test_too_many_or_unknown_samples_are_refused(tmp_path):
    samples = load([class_folder(tmp_path / "data")]).samples
    keys = [sample.key for sample in samples]
    assert [sample.key for sample in pinned_of(samples, [keys[2], keys[0], keys[2]])] == [keys[2], keys[0]]
    with pytest.raises(Fault, match="the most"):
        pinned_of(samples, keys[: MOST_PINNED + 1])


@pytest.mark.parametrize(
    "change",
    [{"mask": "../../secret.png"}, {"epoch": "x"}, {"shares": [1]}, {"other": 1}, {"part": [[0, "a"]]}, {"curve": 3}],
)
def test_a_file_that_was_changed_by_others_is_refused_in_words(tmp_path, change):
    folder = tmp_path / "previews"
    folder.mkdir()
    values = {"version": 1, "looks": [{"epoch": 1, "key": "a", "text": "b", **change}]}
    (folder / "epoch-0001.json").write_text(json.dumps(values))
    with pytest.raises(Fault):
        read_looks(folder / "epoch-0001.json")
    assert looks_of(tmp_path) == []


def test_a_mask_that_is_no_small_png_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    Image.new("L", (4000, 10)).save(tmp_path / "b.png")
    for name in ("a.png", "b.png", "missing.png"):
        with pytest.raises(Fault):
            read_mask(tmp_path / name)


class _Brightness(nn.Module):
    """Says class 1 where the picture is bright; runs out of memory where it is told to."""

    fails = False

    def forward(self, inputs):
        if self.fails:
            raise RuntimeError("CUDA out of memory")
        return torch.cat([0.5 - inputs[:, :1], inputs[:, :1] - 0.5], 1)


def _pinned(folder, *samples):
    task = SemanticSegmentation(classes=("background", "bright"), channels=1)
    return Pinned(folder, task, samples, torch.device("cpu"))


def _done(epoch):
    return EpochDone(epoch, epoch, 1.0, None, {})


def test_of_a_volume_the_slice_is_what_the_whole_prediction_has_there(tmp_path):
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 2000, (9, 40, 50), np.uint16)
    pixels[2] = pixels[2] * 2 // 3  # the values of the whole volume count, not those of the slice
    label = np.zeros(pixels.shape, np.uint8)
    label[2, 5:9] = 1
    sample = ImageSample(key="v", pixels=LazyImage.of(pixels), axes="ZYX", mask=LazyImage.of(label))
    pinned = _pinned(tmp_path, sample)
    (told,) = pinned(_Brightness(), _done(1))
    with PredictionWriter(tmp_path / "whole") as store:
        whole = predict(TrainedRun(_Brightness(), pinned._task, {}), sample, store, torch.device("cpu"))
    (look,) = read_looks(Path(told.path))
    assert look.part == ((2, 3), (0, 40), (0, 50))
    assert np.array_equal(read_mask(Path(told.path).parent / look.mask), whole.mask[2])
    assert 0 < whole.mask[2].mean() < whole.mask[3].mean()


def test_of_a_large_picture_the_kept_mask_is_small(tmp_path):
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 255, (1300, 2100), np.uint8)
    sample = ImageSample(key="large", pixels=LazyImage.of(pixels))
    (told,) = _pinned(tmp_path, sample)(_Brightness(), _done(1))
    (look,) = read_looks(Path(told.path))
    assert read_mask(Path(told.path).parent / look.mask).shape == (512, 512)
    assert look.part == ((138, 1162), (538, 1562))


def test_where_memory_runs_out_the_training_goes_on_without_previews(tmp_path):
    network = _Brightness().train()
    sample = ImageSample(key="a", pixels=LazyImage.of(np.zeros((40, 40), np.uint8)))
    pinned = _pinned(tmp_path, sample)
    network.fails = True
    (told,) = pinned(network, _done(1))
    assert told == Warned("No longer previewed: a does not fit the memory beside the training")
    network.fails = False
    assert list(pinned(network, _done(2))) == []
    assert network.training
