"""The checkpoints of a run: listed, compared, gone back to, deleted, and used to predict."""

import json

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import PredictJob, TrainJob
from biofm_desktop.engine.jobs.checkpoint_list import checkpoint, checkpoints_of, compare, delete, use
from biofm_desktop.engine.runners import HereRun


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("cells"), np.random.default_rng(0)
    for name, level in (("dark", 90), ("light", 150)):
        (folder / name).mkdir()
        for number in range(12):
            pixels = chance.normal(level, 60, (28, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def run(cells, tmp_path):
    out = tmp_path / "run"
    options = {"epochs": 5, "batch_size": 8, "device": "cpu", "check_leaks": False, "keep_epochs": 3}
    job = TrainJob(
        task="image-classification", data=(str(cells),), model="biomed-cnn", out=str(out), fit_options=options
    )
    assert isinstance(list(HereRun(job))[-1], Finished)
    return out


def test_the_latest_epochs_and_the_best_are_kept_with_their_figures(run):
    kept = checkpoints_of(run)
    best = json.loads((run / "metrics.json").read_text())["best_epoch"]
    # An epoch's weights are left out where writing them would take too much of the time.
    assert {each.epoch for each in kept} <= {best, 3, 4, 5}
    assert [each.epoch for each in kept if each.best] == [best] == [each.epoch for each in kept if each.used]
    assert all(each.loss is not None and "accuracy" in each.metrics and each.size > 1e6 for each in kept)


def other(run):
    """Return an epoch that is not the best, kept for sure."""
    best = next(each.epoch for each in checkpoints_of(run) if each.best)
    epoch = next(n for n in (5, 4) if n != best)
    path = run / "checkpoints" / f"epoch-{epoch:04d}.safetensors"
    weights = load_file(run / "checkpoints" / "last.safetensors")
    save_file({name: tensor * 0.9 for name, tensor in weights.items()}, path)
    return best, epoch


def test_one_can_go_back_to_an_epoch_and_forward_again(run):
    best, epoch = other(run)
    before = (run / "model.safetensors").read_bytes()
    figures = json.loads((run / "metrics.json").read_text())["validation"]
    assert use(run, epoch).used
    assert (run / "model.safetensors").read_bytes() != before
    assert json.loads((run / "metrics.json").read_text())["validation"]["loss"] == checkpoint(run, epoch).loss
    use(run, best)
    assert (run / "model.safetensors").read_bytes() == before
    assert json.loads((run / "metrics.json").read_text())["validation"] == figures


def test_two_differ_by_layer_and_one_from_itself_does_not(run):
    best, epoch = other(run)
    found = compare(run, best, epoch)
    assert set(found.layers) == {"conv1", "conv2", "fc1", "fc2"}
    assert all(0 <= share < 2 for share in found.layers.values())
    assert set(compare(run, best, best).layers.values()) == {0.0}


def test_some_can_be_deleted_but_not_the_best_nor_the_one_in_use(run):
    best, epoch = other(run)
    with pytest.raises(Fault, match="is kept"):
        delete(run, [best, epoch])
    assert checkpoint(run, epoch)
    assert delete(run, [epoch]) > 1e6
    with pytest.raises(Fault, match="no checkpoint of epoch"):
        checkpoint(run, epoch)


def test_a_checkpoint_predicts(run, cells, tmp_path):
    _, epoch = other(run)

    def said(name, **more):
        job = PredictJob(run_folder=str(run), inputs=(str(cells),), out=str(tmp_path / name), device="cpu", **more)
        return list(HereRun(job))[-1], (tmp_path / name / "predictions.jsonl")

    last, lines = said("used")
    assert isinstance(last, Finished)
    other_last, other_lines = said("epoch", checkpoint=epoch)
    assert isinstance(other_last, Finished)
    assert lines.read_text() != other_lines.read_text()
    refused, _ = said("none", checkpoint=99)
    assert isinstance(refused, Failed)
    assert "no checkpoint of epoch 99" in refused.message


def test_the_command_line_lists_uses_compares_and_deletes(run, capsys):
    best, epoch = other(run)
    assert main(["checkpoints", str(run), "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {best, epoch} <= {each["epoch"] for each in told}
    assert main(["checkpoints", str(run), "--use", str(epoch)]) == 0
    assert "in use" in next(line for line in capsys.readouterr().out.splitlines() if line.startswith(f"epoch {epoch}"))
    assert main(["checkpoints", str(run), "--compare", str(best), str(epoch)]) == 0
    assert "weights differ by" in capsys.readouterr().out
    assert main(["checkpoints", str(run), "--delete", str(epoch)]) == 2
    assert "in use" in capsys.readouterr().err
    assert main(["checkpoints", str(run), "--use", str(best), "--delete", str(epoch)]) == 2
    assert main(["checkpoints", str(run), "--use", str(best)]) == 0
    assert main(["checkpoints", str(run), "--delete", str(epoch)]) == 0
    assert "freed" in capsys.readouterr().out


def test_a_folder_that_is_no_run_is_refused(tmp_path, capsys):
    assert main(["checkpoints", str(tmp_path)]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
