"""Every model of the list builds, learns, and can be taken apart into layers."""

import math
import pickle

import pytest
import torch
from safetensors.torch import save_file

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.layers import describe, empty_batch, layer_modules
from biofm_desktop.engine.models.matching import Wanted
from biofm_desktop.engine.models.patterns import frozen_names, matches
from biofm_desktop.engine.models.weights import read_weights, shapes, take_weights
from biofm_desktop.engine.samples import Grain, InputSpec, SequenceSample


def load_weights(network, path, head, trunk=""):
    """Put weights in the network's own layout into it; return the names that were left fresh."""
    return take_weights(network, path, Wanted(shapes(network.state_dict()), head, trunk)).fresh


def usual_input(entry):
    return InputSpec(4, (60,)) if entry.takes is SequenceSample else InputSpec(3, (64, 64))


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.name)
def test_every_model_builds_for_the_task_learns_and_names_its_head(entry):
    inputs = usual_input(entry)
    network = entry.build(inputs, 3)
    batch = empty_batch(inputs, entry.takes is SequenceSample, 2)
    output = network(batch)
    assert output.shape == ((2, 3, 64, 64) if entry.grain is Grain.PIXEL else (2, 3))
    output.sum().backward()
    assert any(matches(entry.head, name) for name in layer_modules(network))
    own = [p for n, p in network.named_parameters() if n.startswith(entry.head)]
    assert own
    assert all(p.grad is not None for p in own)


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.name)
def test_the_layers_of_every_model_hold_all_its_weights(entry):
    inputs = usual_input(entry)
    with torch.device("meta"):
        network = entry.build(inputs, 3)
        layers = describe(network, empty_batch(inputs, entry.takes is SequenceSample))
    assert sum(layer.parameters for layer in layers) == sum(p.numel() for p in network.parameters())
    assert len({layer.stage for layer in layers}) >= 3


def test_biomed_cnn_has_the_published_number_of_weights():
    network = MODELS["biomed-cnn"].build(InputSpec(3, (28, 28)), 10)
    assert sum(p.numel() for p in network.parameters()) == 6_509_450
    assert network(torch.zeros(1, 3, 50, 70)).shape == (1, 10)


def test_resnet_for_small_pictures_keeps_the_public_layout():
    small, usual = (MODELS["resnet18"].build(InputSpec(3, (n, n)), 1000).state_dict() for n in (28, 224))
    assert {k: v.shape for k, v in small.items()} == {k: v.shape for k, v in usual.items()}


def test_a_pattern_means_a_layer_or_the_part_that_holds_it():
    assert matches("features", "features.0.1")
    assert matches("features.?", "features.3.conv")
    assert matches("*.conv", "features.3.conv")
    assert not matches("feature", "features.0")


def test_patterns_freeze_or_leave_free():
    names = ["a.0", "a.1", "head"]
    assert frozen_names(names, ["a"]) == {"a.0", "a.1"}
    assert frozen_names(names, [], ["head"]) == {"a.0", "a.1"}


def test_a_pattern_that_means_nothing_names_the_parts_there_are():
    with pytest.raises(Fault, match=r"'b'.*parts a, head"):
        frozen_names(["a.0", "head"], ["b"])


def test_freezing_everything_is_refused():
    with pytest.raises(Fault, match=r"no layer is left"):
        frozen_names(["a"], ["*"])


@pytest.fixture
def network():
    return MODELS["biomed-cnn"].build(InputSpec(3, (28, 28)), 2)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_weights_come_from_a_state_dict_or_safetensors_and_the_head_may_differ(network, tmp_path, suffix):
    given = MODELS["biomed-cnn"].build(InputSpec(3, (28, 28)), 7).state_dict()
    path = tmp_path / f"w{suffix}"
    save_file(given, path) if suffix == ".safetensors" else torch.save(given, path)
    assert load_weights(network, path, "fc2") == ["fc2.weight", "fc2.bias"]
    assert torch.equal(network.conv1.weight, given["conv1.weight"])


def test_missing_surplus_and_unfit_tensors_are_named_and_nothing_changes(network, tmp_path):
    given = network.state_dict()
    before = {k: v.clone() for k, v in given.items()}
    given = {**given, "conv9.weight": torch.zeros(1), "conv2.weight": torch.zeros(3)}
    del given["conv1.bias"]
    torch.save(given, tmp_path / "w.pt")
    with pytest.raises(Fault) as fault:
        load_weights(network, tmp_path / "w.pt", "fc2")
    assert all(word in fault.value.message for word in ("w.pt", "conv1.bias", "conv9.weight", "conv2.weight"))
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


@pytest.fixture
def photographs(tmp_path):
    """Return a file of weights in torchvision's layout of MobileNetV2, head for photographs included."""
    torch.manual_seed(1)
    path = tmp_path / "mobilenet_v2.pt"
    torch.save(MODELS["mobilenet-v2"].build(InputSpec(3, (64, 64)), 1000).state_dict(), path)
    return path


def test_a_unet_takes_the_published_weights_of_its_trunk_and_leaves_the_rest_fresh(photographs):
    entry = MODELS["unet-mobilenet-v2"]
    network, given = entry.build(InputSpec(3, (64, 64)), 2), read_weights(photographs)
    fresh = load_weights(network, photographs, entry.head, entry.trunk)
    now = network.state_dict()
    assert all(torch.equal(now[name], tensor) for name, tensor in given.items() if name.startswith("features."))
    assert {name.split(".")[0] for name in fresh} == {"stem", "neck", "up", "final_conv"}


def test_a_trunk_is_as_strictly_taken_as_a_whole_network(photographs, tmp_path):
    entry = MODELS["unet-mobilenet-v2"]
    network, given = entry.build(InputSpec(3, (64, 64)), 2), read_weights(photographs)
    torch.save({n: t for n, t in given.items() if n != "features.0.0.weight"}, tmp_path / "short.pt")
    torch.save(given | {"features.99.weight": torch.zeros(1)}, tmp_path / "long.pt")
    torch.save(dict(list(network.state_dict().items())[:-3]), tmp_path / "whole_but_short.pt")
    for name, word in (("short", r"features\.0\.0"), ("long", r"features\.99"), ("whole_but_short", r"up\.4")):
        with pytest.raises(Fault, match=rf"{name}\.pt.*{word}"):
            load_weights(network, tmp_path / f"{name}.pt", entry.head, entry.trunk)


def test_a_unet_over_a_pretrained_trunk_keeps_the_statistics_that_came_with_it():
    network = MODELS["unet-mobilenet-v2"].build(InputSpec(3, (64, 64)), 2)
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    network.train()(torch.randn(2, 3, 64, 64)).sum().backward()
    assert network.up[0].training
    assert all(torch.equal(before[name], buffer) for name, buffer in network.named_buffers())
    assert all(p.grad is not None for p in network.parameters())


def test_weights_that_are_not_finite_are_refused(network, tmp_path):
    given = network.state_dict() | {"conv1.bias": torch.full((64,), math.nan)}
    torch.save(given, tmp_path / "w.pt")
    with pytest.raises(Fault, match=r"conv1\.bias.*not finite"):
        load_weights(network, tmp_path / "w.pt", "fc2")


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("writer", [torch.save, lambda bomb, path: path.write_bytes(pickle.dumps(bomb))])
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path, writer):
    writer({"w": Bomb(tmp_path / "ran")}, tmp_path / "bomb.pt")
    with pytest.raises(Fault, match=r"bomb\.pt.*not loaded|bomb\.pt.*damaged"):
        read_weights(tmp_path / "bomb.pt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "empty"), (b"PK\x03\x04 cut", "damaged"), (b"hello" * 99, "damaged")]
)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_broken_weights_are_refused_by_name(tmp_path, content, word, suffix):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(Fault, match=rf"w\{suffix}.*({word}|sound)"):
        read_weights(path)
