"""Reading that hangs or dies ends a training in plain words, and what it learnt stands."""

import threading
from collections.abc import Sequence

import pytest
import torch
from safetensors.torch import load_file

from biofm_desktop.engine.events import EpochDone, Failed, Finished, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import raster
from biofm_desktop.engine.jobs import ContinueJob, TrainJob
from biofm_desktop.engine.runners import HereRun
from biofm_desktop.engine.samples import ImageSample, LazyImage, PatientReader, ReadingEnded, patient
from biofm_desktop.engine.training import items as items_room
from biofm_desktop.engine.training.checkpoints import Checkpoints
from biofm_desktop.engine.training.fit import fit
from tests.engine.made_up import class_folder
from tests.engine.training.test_training import OPTIONS, TASK, items, small_network


@pytest.fixture
def gone():
    """A drive that is gone: who waits for it waits until the test is over."""
    event = threading.Event()
    yield event
    event.set()


class OnADrive(Sequence):
    """Items whose drive is gone after so many reads."""

    def __init__(self, held, reads, gone):
        self.held, self.left, self.gone, self.reader = held, reads, gone, PatientReader(1)

    def __len__(self):
        return len(self.held)

    def __getitem__(self, index):
        return self.reader.read(lambda: self.read(index), f"sample cell{index}")

    def read(self, index):
        self.left -= 1
        if self.left < 0:
            self.gone.wait()
        return self.held[index]


def learning(folder, network, train, options=OPTIONS, **more):
    return fit(
        network,
        TASK,
        train,
        items(4),
        options,
        frozen=set(),
        repeats=[1] * len(train),
        checkpoints=Checkpoints(folder, network),
        device=torch.device("cpu"),
        name_of=lambda n: f"cell{n}",
        **more,
    )


def test_a_dataset_that_hangs_is_named_and_the_training_can_go_on_with_the_weights_of_one_that_never_hung(
    tmp_path, gone
):
    (tmp_path / "run").mkdir()
    told = []
    torch.manual_seed(0)
    with pytest.raises(
        ReadingEnded, match=r"sample cell\d+: reading it took longer than 1 s.*--reading-timeout"
    ) as end:
        told.extend(learning(tmp_path / "run", small_network(), OnADrive(items(), 20, gone)))
    assert end.value.mishap  # it is not the user's input that is refused
    state = tmp_path / "run" / "checkpoints" / "state.pt"
    assert torch.load(state, weights_only=True)
    network = small_network()
    told = list(learning(tmp_path / "run", network, items(), go_on=True))
    assert [e.epoch for e in told if isinstance(e, EpochDone)] == [2, 3]


def pictures(tmp_path, **fit_options):
    options = {"epochs": 6, "batch_size": 4, "threads": 1, "reading_timeout": 1, "check_leaks": False}
    return TrainJob(
        task="image-classification",
        data=(str(class_folder(tmp_path / "cells")),),
        model="biomed-cnn",
        out=str(tmp_path / "run"),
        fit_options=options | fit_options,
    )


def read_by(monkeypatch, reads, then):
    """Let pictures be read from the disk at each use; after so many reads ``then`` is called first."""
    left, plain = [reads], raster._pixels
    monkeypatch.setattr(items_room, "_SHARE_OF_MEMORY", 0.0)

    def read(*words):
        left[0] -= 1
        if left[0] < 0:
            then()
        return plain(*words)

    monkeypatch.setattr(raster, "_pixels", read)
    return lambda: monkeypatch.setattr(raster, "_pixels", plain)


def test_a_file_that_hangs_ends_a_run_which_names_it_keeps_its_weights_and_goes_on(tmp_path, monkeypatch, gone):
    mended = read_by(monkeypatch, 70, gone.wait)
    told = list(HereRun(pictures(tmp_path)))
    assert any(isinstance(event, StepDone) for event in told)
    last = told[-1]
    assert isinstance(last, Failed)
    assert not last.refused
    assert str(tmp_path / "cells") in last.message
    assert ".png: reading it took longer than 1 s" in last.message
    assert load_file(tmp_path / "run" / "model.safetensors")
    mended()
    *_, last = HereRun(ContinueJob(run_folder=str(tmp_path / "run")))
    assert isinstance(last, Finished)
    assert "Trained for 6 epochs" in last.message


def test_a_file_that_hangs_at_the_first_reading_is_not_waited_for_again_and_again(tmp_path, monkeypatch, gone):
    read_by(monkeypatch, 3, gone.wait)
    last = list(HereRun(pictures(tmp_path, check_leaks=True)))[-1]
    assert isinstance(last, Failed)
    assert "took longer than 1 s" in last.message


@pytest.mark.parametrize("error", [SystemExit(3), ValueError("odd bytes")])
def test_a_reader_that_dies_is_named(tmp_path, monkeypatch, error):
    def die():
        raise error

    read_by(monkeypatch, 70, die)
    last = list(HereRun(pictures(tmp_path)))[-1]
    assert isinstance(last, Failed)
    assert f".png: what reads it died ({type(error).__name__}" in last.message
    assert load_file(tmp_path / "run" / "model.safetensors")


def test_without_a_time_out_nothing_stands_between_a_sample_and_its_file():
    reader = PatientReader(0)
    assert reader.read(threading.current_thread, "x") is threading.current_thread()


def test_masks_are_awaited_as_pixels_are_and_faults_stay_what_they_are():
    def refuse():
        raise Fault("a.png", "it is damaged")

    image = LazyImage((2, 2), "u1", refuse)
    sample = patient(ImageSample(key="a", pixels=image, mask=image), PatientReader(60))
    for lazy in (sample.pixels, sample.mask):
        with pytest.raises(Fault, match="it is damaged") as told:
            lazy.read()
        assert not isinstance(told.value, ReadingEnded)
    assert lazy.shape == (2, 2)


def test_what_reads_may_read_more():
    reader = PatientReader(60)
    assert reader.read(lambda: reader.read(lambda: 7, "inner"), "outer") == 7
