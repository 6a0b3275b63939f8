"""The same training on a GPU; left out where there is none."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from biofm_desktop.engine.events import EpochDone, Finished, Measured, StepDone, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, EstimateJob, PredictJob, TrainJob
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.samples import InputSpec
from biofm_desktop.engine.tasks import ImageClassification, Item
from biofm_desktop.engine.training.checkpoints import Checkpoints
from biofm_desktop.engine.training.fit import fit
from tests.engine.made_up import class_folder, painted_folder, sequence_table
from tests.engine.training.test_training import OPTIONS

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use")
QUICK = {"epochs": 4, "batch_size": 8, "seed": 0, "device": "cuda"}


def train(kind, data, model, out, **fit_options):
    job = TrainJob(task=kind, data=(str(data),), model=model, out=str(out), fit_options={**QUICK, **fit_options})
    return list(job.run())


def losses(told):
    return [event.loss for event in told if isinstance(event, StepDone)]


@pytest.mark.parametrize("precision", ["auto", "full", "bfloat16", "float16"])
@pytest.mark.parametrize(
    ("kind", "model"),
    [("image-classification", "resnet18"), ("semantic-segmentation", "unet"), ("sequence-classification", "gru")],
)
def test_every_precision_learns_and_the_run_predicts_on_a_cpu(tmp_path, kind, model, precision):
    data = {
        "image-classification": lambda: class_folder(tmp_path / "cells", 16),
        "semantic-segmentation": lambda: painted_folder(tmp_path / "discs", 12),
        "sequence-classification": lambda: sequence_table(tmp_path / "s.csv", 80),
    }[kind]()
    told = train(kind, data, model, tmp_path / "run", precision=precision, epochs=6)
    found = losses(told)
    assert all(map(torch.isfinite, torch.tensor(found)))
    assert sum(found[-4:]) < sum(found[:4])
    weights = load_file(tmp_path / "run" / "model.safetensors")
    assert {t.dtype for n, t in weights.items() if not n.endswith("num_batches_tracked")} == {torch.float32}
    job = PredictJob(run_folder=str(tmp_path / "run"), inputs=(str(data),), out=str(tmp_path / "said"), device="cpu")
    assert isinstance(list(job.run())[-1], Finished)


def test_a_gpu_and_a_cpu_learn_the_same(tmp_path):
    data = class_folder(tmp_path / "cells", 16)
    curves = {}
    for device in ("cpu", "cuda"):
        told = train("image-classification", data, "biomed-cnn", tmp_path / device, device=device, precision="full")
        curves[device] = losses(told)
    assert curves["cuda"][:4] == pytest.approx(curves["cpu"][:4], rel=0.05)


def test_memory_of_the_gpu_is_told(tmp_path):
    told = train("image-classification", class_folder(tmp_path / "cells", 64), "resnet18", tmp_path / "run", epochs=30)
    measured = [event for event in told if isinstance(event, Measured)]
    assert measured
    assert measured[-1].graphics > 10 << 20


class Endless(list):
    """Items that are made when they are asked for, so that a large batch costs no memory of the CPU."""

    def __init__(self, count, size):
        super().__init__(range(count))
        self._picture = torch.rand(3, size, size)

    def __getitem__(self, index):
        return Item(self._picture, torch.tensor(index % 2))


@pytest.fixture
def small_gpu():
    """Let this process have a sixteenth of the card, so that memory truly runs out, soon."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1 / 16)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


def in_batches_of(count, folder):
    task = ImageClassification(classes=("a", "b"), size=224, flips="none", shift=0.0)
    torch.manual_seed(0)
    network = MODELS["resnet18"].build(InputSpec(3, (224, 224)), 2).to("cuda", memory_format=torch.channels_last)
    options = replace(OPTIONS, epochs=1, batch_size=count, precision="full")
    items = Endless(count, 224)
    events = fit(
        network,
        task,
        items,
        [],
        options,
        frozen=set(),
        repeats=[1] * count,
        checkpoints=Checkpoints(folder, network),
        device=torch.device("cuda"),
    )
    return list(events)


def test_memory_that_truly_runs_out_is_met_by_halving(tmp_path, small_gpu):
    fits = int(torch.cuda.get_device_properties(0).total_memory / 16 / 45e6)  # about 45 MB a picture
    told = in_batches_of(2 * fits, tmp_path)
    warned = [event.message for event in told if isinstance(event, Warned)]
    assert any("Memory ran out" in words for words in warned), warned
    assert len(losses(told)) == 1
    assert torch.isfinite(torch.tensor(losses(told))).all()
    assert any(isinstance(event, EpochDone) for event in told)


def test_a_batch_that_no_halving_helps_is_refused_in_plain_words(tmp_path, small_gpu):
    fits = int(torch.cuda.get_device_properties(0).total_memory / 16 / 45e6)
    with pytest.raises(Fault, match="not enough memory"):
        in_batches_of(16 * fits, tmp_path)


def test_it_goes_on_where_it_broke_off(tmp_path):
    data = class_folder(tmp_path / "cells", 16)
    whole = train("image-classification", data, "resnet18", tmp_path / "whole", deterministic=True, precision="full")
    job = TrainJob(
        task="image-classification",
        data=(str(data),),
        model="resnet18",
        out=str(tmp_path / "broken"),
        fit_options={**QUICK, "deterministic": True, "precision": "full"},
    )
    events, before = job.run(), []
    for event in events:
        if isinstance(event, StepDone):
            before.append(event.loss)
            if event.step == 5:
                break
    events.close()
    rest = list(ContinueJob(run_folder=str(tmp_path / "broken")).run())
    assert before + losses(rest) == pytest.approx(losses(whole), rel=1e-3)


def test_memory_is_predicted(tmp_path):
    data = class_folder(tmp_path / "cells", 64, 64)
    asked = {"task": "image-classification", "data": (str(data),), "model": "resnet18", "task_options": {"size": 64}}
    options = {**QUICK, "batch_size": 32, "precision": "full"}
    told = list(EstimateJob(**asked, fit_options=options).run())[-1]
    assert isinstance(told, Finished)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    list(TrainJob(**asked, out=str(tmp_path / "run"), fit_options=options).run())
    taken = torch.cuda.max_memory_allocated() - before
    print(f"predicted {told.result['memory'] / 1e6:.0f} MB, taken {taken / 1e6:.0f} MB")
    assert 0.6 < told.result["memory"] / taken < 1.67
