"""A training that broke off goes on, and ends with the weights of one that never did."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from biofm_desktop.engine.events import EpochDone, Finished, Started, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, TrainJob
from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.patterns import frozen_names
from biofm_desktop.engine.runners import HereRun
from biofm_desktop.engine.training.checkpoints import Checkpoints
from biofm_desktop.engine.training.fit import fit
from tests.engine.training.test_training import OPTIONS, TASK, items, small_network

FREEZES = [(), ("first", "second")]


def loop(folder, options=OPTIONS, freeze=(), *, go_on=False, train=None):
    torch.manual_seed(0)
    network = small_network()
    frozen = frozen_names(list(layer_modules(network)), freeze)
    checkpoints, train = Checkpoints(folder, network), items() if train is None else train
    events = fit(
        network,
        TASK,
        train,
        items(4),
        options,
        frozen=frozen,
        repeats=[1] * len(train),
        checkpoints=checkpoints,
        device=torch.device("cpu"),
        go_on=go_on,
    )
    return network, checkpoints, events


def equal(first, second):
    return all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values()))


@pytest.mark.parametrize("freeze", FREEZES)
@pytest.mark.parametrize("after", [1, 2, 3, 4, 5, 8, 11])
def test_stopped_after_any_event_it_goes_on_to_the_same_weights(tmp_path, after, freeze):
    whole, kept, events = loop(tmp_path / "whole", freeze=freeze)
    told = list(events)
    _, _, broken = loop(tmp_path / "broken", freeze=freeze)
    before = [next(broken) for _ in range(after)]
    broken.close()
    torch.manual_seed(99)
    network, checkpoints, rest = loop(tmp_path / "broken", freeze=freeze, go_on=True)
    assert before + list(rest) == told
    assert equal(network, whole)
    assert (checkpoints.best_epoch, checkpoints.best.keys()) == (kept.best_epoch, kept.best.keys())
    assert all(torch.equal(checkpoints.best[name], kept.best[name]) for name in kept.best)


def test_it_can_learn_for_longer_and_be_broken_off_then_too(tmp_path):
    longer = replace(OPTIONS, epochs=6, patience=6)
    list(loop(tmp_path, replace(OPTIONS, patience=6))[2])
    (tmp_path / "twin").mkdir()
    for file in (tmp_path / "checkpoints").iterdir():
        (tmp_path / "twin" / "checkpoints").mkdir(exist_ok=True)
        (tmp_path / "twin" / "checkpoints" / file.name).write_bytes(file.read_bytes())
    whole, _, events = loop(tmp_path, longer, go_on=True)
    told = list(events)
    assert [e.epoch for e in told if isinstance(e, EpochDone)] == [4, 5, 6]
    assert max(e.learning_rate for e in told if isinstance(e, StepDone)) < OPTIONS.learning_rate / 3
    _, _, broken = loop(tmp_path / "twin", longer, go_on=True)
    before = [next(broken) for _ in range(5)]
    broken.close()
    network, _, rest = loop(tmp_path / "twin", longer, go_on=True)
    assert before + list(rest) == told
    assert equal(network, whole)


def test_other_data_or_a_damaged_state_are_refused(tmp_path):
    _, _, events = loop(tmp_path)
    next(events)
    events.close()
    with pytest.raises(Fault, match="data have changed"):
        next(loop(tmp_path, go_on=True, train=items(8))[2])
    state = tmp_path / "checkpoints" / "state.pt"
    state.write_bytes(state.read_bytes()[:500])
    with pytest.raises(Fault, match="damaged"):
        next(loop(tmp_path, go_on=True)[2])
    state.unlink()
    with pytest.raises(Fault, match="no state"):
        next(loop(tmp_path, go_on=True)[2])


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("cells"), np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 160)):
        (folder / name).mkdir()
        for number in range(20):
            pixels = chance.normal(level, 30, (28, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def job(cells, out):
    # One thread and augmentation: chance comes from all its sources.
    options = {"epochs": 6, "batch_size": 4, "threads": 1, "device": "cpu", "check_leaks": False}
    return TrainJob(
        task="image-classification", data=(str(cells),), model="biomed-cnn", out=str(out), fit_options=options
    )


@pytest.fixture(scope="module")
def unbroken(cells, tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken") / "run"
    list(HereRun(job(cells, out)))
    return load_file(out / "model.safetensors")


def test_a_stopped_run_goes_on_as_a_job_and_its_folder_tells_the_whole(cells, unbroken, tmp_path):
    out = tmp_path / "run"
    run = HereRun(job(cells, out))
    for event in run:
        if isinstance(event, StepDone) and event.step == 11:
            run.stop()
    told = list(HereRun(ContinueJob(run_folder=str(out))))
    assert isinstance(told[-1], Finished)
    assert next(e for e in told if isinstance(e, Started)).facts["goes_on"] is True
    model = load_file(out / "model.safetensors")
    assert all(torch.equal(model[name], unbroken[name]) for name in unbroken)
    assert json.loads((out / "metrics.json").read_text())["epochs"] == 6
    again = list(HereRun(ContinueJob(run_folder=str(out))))
    assert "Say how many more" in again[-1].message
    longer = list(HereRun(ContinueJob(run_folder=str(out), epochs=2)))
    assert [e.epoch for e in longer if isinstance(e, EpochDone)] == [7, 8]
    assert json.loads((out / "metrics.json").read_text())["epochs"] == 8


def test_where_it_cannot_go_on_nothing_of_the_run_is_changed(cells, tmp_path):
    data, out = tmp_path / "data", tmp_path / "run"
    shutil.copytree(cells, data)
    run = HereRun(job(data, out))
    for event in run:
        if isinstance(event, StepDone) and event.step == 3:
            run.stop()
    names = ("model.safetensors", "metrics.json", "card.json", "checkpoints/last.safetensors", "checkpoints/state.pt")
    before = {name: (out / name).read_bytes() for name in names}
    whole = (data / "dark" / "3.png").read_bytes()
    (data / "dark" / "3.png").unlink()
    refused = list(HereRun(ContinueJob(run_folder=str(out), epochs=4)))
    assert "data have changed" in refused[-1].message
    assert {name: (out / name).read_bytes() for name in names} == before
    (data / "dark" / "3.png").write_bytes(whole)
    (out / "checkpoints" / "state.pt").write_bytes(before["checkpoints/state.pt"][:900])
    assert "damaged" in list(HereRun(ContinueJob(run_folder=str(out), epochs=4)))[-1].message
    assert {name: (out / name).read_bytes() for name in names[:-1]} == {name: before[name] for name in names[:-1]}


def kill_and_go_on(cells, out, wait):
    """Start a training, kill it with -9 after so many seconds of steps, and go on by the command line."""
    plan = out.parent / f"{out.name}.json"
    plan.write_text(json.dumps(job(cells, out).to_json()))
    quick = "import biofm_desktop.engine.training.checkpoints as c; c._SECONDS_BETWEEN = c._TIMES_ITS_COST = 0.0;"
    words = ["run", str(plan), "--out", str(out)]
    code = f"{quick} from biofm_desktop.cli import main; raise SystemExit(main({words!r}))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    state = out / "checkpoints" / "state.pt"
    while not state.exists() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return subprocess.run(
        [sys.executable, "-m", "biofm_desktop", "continue", str(out)], capture_output=True, text=True, check=False
    )


def check_kill(cells, unbroken, out, wait):
    """Return whether the kill came before the training's end."""
    done = kill_and_go_on(cells, out, wait)
    if done.returncode == 2 and "Say how many more" in done.stderr:
        return False
    assert done.returncode == 0, done.stderr
    model = load_file(out / "model.safetensors")
    assert all(torch.equal(model[name], unbroken[name]) for name in unbroken)
    return True


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_killed_it_goes_on_to_the_same_weights(cells, unbroken, tmp_path):
    check_kill(cells, unbroken, tmp_path / "run", 0.05)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_after_each_of_twenty_kills_it_goes_on_to_the_same_weights(cells, unbroken, tmp_path):
    chance, kills, longest = random.Random(4), 0, 1.5
    for number in range(60):
        if check_kill(cells, unbroken, tmp_path / f"run{number}", chance.uniform(0, longest)):
            kills += 1
        else:
            longest *= 0.8  # this machine is faster than that
        if kills == 20:
            break
    print(f"{kills} kills of {number + 1} trainings")
    assert kills == 20


def test_a_run_with_adapters_goes_on_and_leaves_a_plain_model(cells, tmp_path):
    from biofm_desktop.engine.inference.run_folder import load_run

    def with_adapters(out):
        plain = job(cells, out)
        more = {"adapter": "lora", "adapter_rank": 2, "layer_decay": 0.5, "epochs": 3}
        return replace(plain, fit_options={**plain.fit_options, **more}, freeze=("conv1",))

    list(HereRun(with_adapters(tmp_path / "whole")))
    run = HereRun(with_adapters(tmp_path / "broken"))
    for event in run:
        if isinstance(event, StepDone) and event.step == 11:
            run.stop()
    assert isinstance(list(HereRun(ContinueJob(run_folder=str(tmp_path / "broken"))))[-1], Finished)
    whole, broken = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], broken[name]) for name in whole)
    assert load_run(tmp_path / "broken", torch.device("cpu")).task.classes == ("dark", "light")
