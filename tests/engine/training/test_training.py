"""The loop: what stays frozen, what is kept, and how it ends."""

import math
from collections import OrderedDict
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from biofm_desktop.engine.events import EpochDone, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.patterns import frozen_names
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import ImageClassification, Item
from biofm_desktop.engine.training.checkpoints import Checkpoints
from biofm_desktop.engine.training.fit import fit
from biofm_desktop.engine.training.items import prepare
from biofm_desktop.engine.training.trunk import frozen_trunk

TASK = ImageClassification(size=32, classes=("dark", "light"), flips="all")
OPTIONS = FitOptions(epochs=3, batch_size=4, learning_rate=1e-2, patience=9)


def items(count=12, level=0.5):
    chance = torch.Generator().manual_seed(1)
    return [
        Item(torch.rand(3, 32, 32, generator=chance) * 0.5 + level * (n % 2), torch.tensor(n % 2)) for n in range(count)
    ]


def small_network():
    """Two convolutions with batch norm and a head, so that the loop is what takes the time."""
    return nn.Sequential(
        OrderedDict(
            first=nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU()),
            second=nn.Sequential(nn.Conv2d(8, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1)),
            pool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            head=nn.Linear(8, 2),
        )
    )


def training(tmp_path, freeze=(), options=OPTIONS, train=None, validation=None):
    torch.manual_seed(0)
    network = small_network()
    frozen = frozen_names(list(layer_modules(network)), freeze)
    events = fit(
        network,
        TASK,
        items() if train is None else train,
        items(4) if validation is None else validation,
        options,
        frozen=frozen,
        repeats=[1] * len(items() if train is None else train),
        checkpoints=Checkpoints(tmp_path, network),
        device=torch.device("cpu"),
    )
    return network, frozen, events


def test_the_loss_falls_and_each_epoch_is_validated(tmp_path):
    _, _, events = training(tmp_path)
    told = list(events)
    epochs = [e for e in told if isinstance(e, EpochDone)]
    assert [e.epoch for e in epochs] == [1, 2, 3]
    assert [e.step for e in told if isinstance(e, StepDone)] == list(range(1, 10))
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert {"accuracy", "auc"} <= set(epochs[-1].metrics)


@pytest.mark.parametrize("freeze", [("first",), ("first", "second"), ("*.1",)])
def test_frozen_tensors_are_bit_equal_afterwards_batch_norm_statistics_included(tmp_path, freeze):
    network, frozen, events = training(tmp_path, freeze=freeze)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    list(events)
    after = network.state_dict()
    of_frozen = [name for name in before if name.rsplit(".", 1)[0] in frozen]
    assert any("running_mean" in name for name in of_frozen)
    assert all(torch.equal(before[name], after[name]) for name in of_frozen)
    assert not torch.equal(before["head.weight"], after["head.weight"])


def test_the_same_seed_gives_the_same_weights(tmp_path):
    first, second = (training(tmp_path / str(n)) for n in range(2))
    list(first[2]), list(second[2])
    pairs = zip(first[0].state_dict().values(), second[0].state_dict().values())
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_loss_that_is_not_finite_ends_the_training_before_the_step(tmp_path):
    broken = items()
    broken[5].inputs[0, 16, 16] = math.nan
    network, _, events = training(tmp_path, train=broken)
    with pytest.raises(Fault, match=r"step \d.*no longer a number"):
        list(events)
    assert all(torch.isfinite(t).all() for t in network.state_dict().values() if t.is_floating_point())


def test_it_stops_by_itself_when_nothing_gets_better(tmp_path):
    options = FitOptions(epochs=50, batch_size=4, learning_rate=1e-12, patience=2, weight_decay=0)
    _, _, events = training(tmp_path, options=options)
    assert sum(isinstance(e, EpochDone) for e in events) < 10


def test_the_best_weights_are_on_the_disk_and_become_the_model(tmp_path):
    network, _, events = training(tmp_path)
    list(events)
    keeper = Checkpoints(tmp_path, network)
    keeper.keep_best(1)
    path = keeper.write_model()
    kept, best = load_file(path), load_file(tmp_path / "checkpoints" / "best.safetensors")
    assert kept.keys() == network.state_dict().keys() == best.keys()


def test_auto_options_follow_the_recipe_and_the_number_of_samples():
    recipe = {"steps": 100, "batch_size": 32, "learning_rate": 1e-3}
    few, many = (FitOptions().resolved(recipe, {}, n) for n in (40, 100_000))
    assert (few.batch_size, few.epochs) == (10, 25)
    assert (many.batch_size, many.epochs) == (32, 3)
    assert FitOptions(epochs=7).resolved(recipe, {"learning_rate": 0.5}, 40).learning_rate == 0.5


def test_an_unreadable_sample_is_left_out_with_a_warning():
    class Picky(ImageClassification):
        def encode(self, sample):
            if sample == "bad":
                raise Fault("bad.png", "it is cut off", "Copy it again")
            return [Item(torch.zeros(3, 4, 4), torch.tensor(0))]

    told: list[object] = []

    def listen():
        made = yield from prepare(Picky(), {"train": ["good", "bad", "good"]})
        told.append(made)

    told[:0] = listen()
    assert len(told[-1]["train"]) == 2
    assert any("bad.png" in getattr(event, "message", "") for event in told)


def test_where_only_the_head_is_trained_the_trunk_sees_each_picture_a_few_times(tmp_path):
    network, _, events = training(tmp_path, freeze=("first", "second"), options=replace(OPTIONS, epochs=40))
    seen = []
    network.first.register_forward_hook(lambda _, given, __: seen.append(len(given[0])))
    told = list(events)
    assert sum(seen) <= 12 * OPTIONS.views + 4 + 2
    assert told[-1].train_loss < told[3].train_loss


def test_a_head_that_is_not_the_last_child_gives_no_trunk():
    network = small_network()
    names = list(layer_modules(network))
    only_first = set(names) - {"first.0", "first.1"}
    assert frozen_trunk(network, TASK, only_first, items()[0], torch.device("cpu")) is None


def deep_head():
    """A network whose last child is a row of layers, as that of VGG."""
    torch.manual_seed(0)
    row = [nn.Linear(8, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 2)]
    body = nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.ReLU())
    network = nn.Sequential(OrderedDict(body=body, classifier=nn.Sequential(*row)))
    network(torch.stack([items()[0].inputs]))
    return network


@pytest.mark.parametrize(
    ("trained", "start"), [({"classifier.6"}, 5), ({"classifier.3", "classifier.6"}, 2), ({"classifier.0"}, 0)]
)
def test_frozen_layers_of_the_last_child_belong_to_the_trunk(trained, start):
    network = deep_head()
    frozen = set(layer_modules(network)) - trained
    trunk = frozen_trunk(network, TASK, frozen, items()[0], torch.device("cpu"))
    left = list(network.classifier)[start:]
    assert list(trunk.head) == left
    network.eval()
    seen = trunk.features([item.inputs for item in items()[:3]])
    assert torch.allclose(trunk.head(seen), network(torch.stack([item.inputs for item in items()[:3]])), atol=1e-6)


def test_best_weights_that_take_long_to_write_wait_for_the_state_and_the_end(tmp_path, monkeypatch):
    network = small_network()
    keeper, path = Checkpoints(tmp_path, network), tmp_path / "checkpoints" / "best.safetensors"
    keeper.keep_best(1)
    written = path.stat().st_mtime_ns
    keeper._best_cost = 1e6
    with torch.no_grad():
        network.head.weight += 1
    keeper.keep_best(2)
    keeper.keep_epoch(2, 3)
    assert path.stat().st_mtime_ns == written
    assert torch.equal(
        load_file(tmp_path / "checkpoints" / "epoch-0002.safetensors")["head.weight"], network.head.weight
    )
    monkeypatch.setattr("biofm_desktop.engine.training.checkpoints.write_state", lambda *_: None)
    keeper.keep_state(None, {}, now=True)
    assert torch.equal(load_file(path)["head.weight"], network.head.weight)


def test_weights_of_an_epoch_are_written_once_and_serve_as_the_last_ones(tmp_path):
    network, folder = small_network(), tmp_path / "checkpoints"
    keeper = Checkpoints(tmp_path, network)
    keeper.keep_epoch(1, 3)
    last, written = folder / "last.safetensors", (folder / "epoch-0001.safetensors").stat().st_mtime_ns
    before = network.head.weight.detach().clone()
    with torch.no_grad():
        network.head.weight += 1
    keeper.keep_last()  # not due: they were just written
    assert last.stat().st_mtime_ns == written
    assert torch.equal(load_file(last)["head.weight"], before)
    keeper.keep_last(now=True)
    assert torch.equal(load_file(last)["head.weight"], network.head.weight)
    assert torch.equal(load_file(folder / "epoch-0001.safetensors")["head.weight"], before)
