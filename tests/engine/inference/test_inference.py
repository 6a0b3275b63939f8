"""Tiles cover each pixel once and give what the whole picture gives; long sequences are scored along their length."""

import numpy as np
import pytest
import torch
from torch import nn

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.devices import chosen_device, threads
from biofm_desktop.engine.inference.predict import predict
from biofm_desktop.engine.inference.run_folder import TrainedRun, load_run
from biofm_desktop.engine.inference.tiling import each_window, padded, windows
from biofm_desktop.engine.predictions import CurvePrediction
from biofm_desktop.engine.project.prediction_store import PredictionWriter, read_predictions
from biofm_desktop.engine.samples import ImageSample, LazyImage, SequenceSample
from biofm_desktop.engine.tasks import SemanticSegmentation, SequenceClassification

CPU = torch.device("cpu")


@pytest.mark.parametrize("size", [(10, 10), (1024, 1024), (1025, 30), (2000, 1500)])
def test_kept_regions_cover_each_pixel_once_and_lie_in_what_is_taken(size):
    seen = np.zeros(size, int)
    for taken, kept in windows(*size):
        seen[kept] += 1
        assert all(t.start <= k.start and k.stop <= t.stop for t, k in zip(taken, kept))
    assert (seen == 1).all()


def test_tiles_give_what_the_whole_picture_gives():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 5, padding=2), nn.ReLU(), nn.Conv2d(4, 2, 5, padding=2)).eval()
    picture = torch.rand(1, 1100, 1300)
    with torch.inference_mode():
        whole = padded(network, picture)
        for (down, across), logits in each_window(network, (1100, 1300), lambda d, a: picture[:, d, a], CPU):
            assert torch.allclose(whole[:, down, across], logits, atol=1e-5)


@pytest.mark.parametrize("size", [(7, 50), (33, 31), (64, 64)])
def test_pictures_of_any_size_come_back_in_their_size(size):
    assert padded(nn.Conv2d(1, 2, 1), torch.zeros(1, *size)).shape == (2, *size)


class Bright(nn.Module):
    """Says "foreground" where the picture is bright."""

    def forward(self, inputs):
        return torch.cat([0.5 - inputs[:, :1], inputs[:, :1] - 0.5], 1) * 50


def bright_run():
    task = SemanticSegmentation(classes=("background", "foreground"), channels=1)
    return TrainedRun(Bright(), task, {})


@pytest.mark.parametrize(("shape", "axes"), [((40, 50), "YX"), ((4, 40, 50), "ZYX"), ((1200, 60), "YX")])
def test_masks_are_written_window_by_window_and_read_back(tmp_path, shape, axes):
    pixels = np.zeros(shape, np.uint8)
    pixels[..., 10:20, 5:15] = 200
    sample = ImageSample(key="s", pixels=LazyImage.of(pixels), axes=axes, spacing=(0.5,) * len(shape), unit="um")
    store = PredictionWriter(tmp_path)
    predict(bright_run(), sample, store, CPU)
    store.close()
    (said,) = read_predictions(tmp_path)
    assert np.array_equal(said.mask, pixels > 0)
    assert (said.spacing, said.unit) == ((0.5,) * len(shape), "um")
    assert said.confidence > 0.9
    assert said.shares["foreground"] == pytest.approx((pixels > 0).mean())


class GuanineCounter(nn.Module):
    """Says "rich" where more than half of the letters are G."""

    def forward(self, indices):
        share = (indices == 3).float().mean(1, keepdim=True)
        return torch.cat([0.5 - share, share - 0.5], 1) * 20


def test_a_long_sequence_is_scored_along_its_length():
    task = SequenceClassification(length=20, classes=("poor", "rich"))
    letters = "A" * 100 + "G" * 60 + "A" * 100

    class Store:
        def add(self, made):
            self.made = made

    store = Store()
    predict(TrainedRun(GuanineCounter(), task, {}), SequenceSample(key="s", letters=letters), store, CPU)
    assert isinstance(store.made, CurvePrediction)
    ((start, end, name, score),) = store.made.spans
    assert 90 <= start <= 105
    assert 155 <= end <= 170
    assert (name, score > 0.5) == ("rich", True)
    assert store.made.scores[130] > 0.99 > 0.01 > store.made.scores[30]


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(Fault, match="not the folder of a finished run"):
        load_run(tmp_path, CPU)


def test_a_device_that_is_missing_is_refused():
    if torch.cuda.is_available():
        assert chosen_device("auto").type == "cuda"
    else:
        with pytest.raises(Fault, match="device cuda"):
            chosen_device("cuda")


def test_threads_are_given_back():
    before = torch.get_num_threads()
    with threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
