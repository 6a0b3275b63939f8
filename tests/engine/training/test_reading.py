"""Samples that hang or break while they are read: named within the time-out; what was learnt before stands."""

import json
import threading
import time

import pytest
import torch
from safetensors.torch import load_file

from biofm_desktop.engine.events import Progress, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import TrainJob
from biofm_desktop.engine.samples import ImageSample, SequenceSample
from biofm_desktop.engine.tasks import Item
from biofm_desktop.engine.training import items as reading
from biofm_desktop.engine.training.reading import Reader
from tests.engine.made_up import class_folder
from tests.engine.training.test_training import TASK


@pytest.fixture
def gone():
    """A drive that is gone: what reads from it waits until the test is over."""
    event = threading.Event()
    yield event
    event.set()


class Hanging(type(TASK)):
    """The letters of the sample named ``far`` never come."""

    drive = None

    def encode(self, sample):
        if sample.key == "far":
            self.drive.wait()
        if sample.key == "bad":
            raise Fault(sample.key, "it is damaged", "Leave it out")
        return [Item(torch.ones(4), torch.tensor(0))]


def sample(key):
    return SequenceSample(key=key, letters="ACGT", alphabet="dna", target="a", split="train")


def told(events):
    """Return the events and what the generator returned."""
    seen = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            return seen, end.value


def test_a_sample_that_hangs_is_named_within_the_time_out(gone):
    task = Hanging(**vars(TASK))
    Hanging.drive = gone
    began = time.monotonic()
    with pytest.raises(Fault, match=r"far: it could not be read within 0\.3 s.*read-timeout"):
        told(reading.prepare(task, {"train": [sample("near"), sample("far")]}, timeout=0.3))
    assert time.monotonic() - began < 5


def test_many_slow_samples_are_no_hang(gone):
    slow = Reader(0.4)

    def act():
        for n in range(4):
            slow.note(sample(str(n)))
            time.sleep(0.2)
        return "all"

    assert slow.run(act) == "all"


def test_after_a_hang_the_next_thing_is_read(gone):
    reader = Reader(0.2)
    with pytest.raises(Fault, match="a sample: it could not be read"):
        reader.run(gone.wait)
    assert reader.run(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        reader.run(lambda: 1 / 0)
    assert Reader(0).run(threading.current_thread) is threading.current_thread()


def test_threads_of_readers_end_with_them():
    before = set(threading.enumerate())
    reader = Reader(1)
    reader.run(lambda: None)
    (own,) = set(threading.enumerate()) - before
    del reader
    own.join(5)
    assert not own.is_alive()


def test_those_that_can_be_read_are_read_in_order_and_the_others_are_told(gone):
    samples = [sample(key) for key in ("a", "bad", "b")]
    events, made = told(reading.prepare(Hanging(**vars(TASK)), {"train": samples}, timeout=5))
    assert [s.key for s, _ in made["train"].origin] == ["a", "b"]
    assert any("bad" in e.message for e in events if isinstance(e, Warned))
    assert [e for e in events if isinstance(e, Progress)][-1].done == 3


def test_a_training_whose_picture_hangs_on_the_way_ends_with_its_name_and_a_model(tmp_path, monkeypatch, gone):
    data = class_folder(tmp_path / "cells")
    monkeypatch.setattr(reading, "_SHARE_OF_MEMORY", 0.0)  # nothing is kept: each epoch reads anew
    planes, reads = ImageSample.planes, {}

    def read(self):
        reads[self.key] = reads.get(self.key, 0) + 1
        if self.key.endswith("dark3") and reads[self.key] > 2:
            gone.wait()
        return planes(self)

    monkeypatch.setattr(ImageSample, "planes", read)
    options = {"epochs": 20, "batch_size": 4, "seed": 0, "read_timeout": 0.5, "check_leaks": False, "validation": 0.0}
    job = TrainJob(
        task="image-classification",
        data=(str(data),),
        model="biomed-cnn",
        out=str(tmp_path / "run"),
        fit_options=options,
    )
    seen = []
    with pytest.raises(Fault, match=r"dark3\.png: it could not be read within 0\.5 s"):
        seen.extend(job.run())
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    assert any('"StepDone"' in line for line in lines)
    assert "dark3" in json.loads(lines[-1])["message"]
    assert load_file(tmp_path / "run" / "model.safetensors")
