"""What learns and how fast: every model with every preset, single tensors, rates, unfreezing, pull, adapters."""

from dataclasses import replace

import pytest
import torch

from biofm_desktop.engine.events import Changed, EpochDone, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.layers import empty_batch, frozen_in, layer_modules
from biofm_desktop.engine.models.patterns import frozen_names
from biofm_desktop.engine.models.rates import rate_factors
from biofm_desktop.engine.models.stages import stages_of
from biofm_desktop.engine.samples import Grain, InputSpec, SequenceSample
from biofm_desktop.engine.tasks import Item
from biofm_desktop.engine.training.adapters import add_adapters, merged
from biofm_desktop.engine.training.learner import Learner
from tests.engine.training.test_running import equal, loop
from tests.engine.training.test_training import OPTIONS, small_network

CPU = torch.device("cpu")
# VGG16 is left to the slow tests: its 138 million weights take a minute here.
NAMES = [pytest.param(e.name, marks=[pytest.mark.slow] * (e.name == "vgg16")) for e in MODELS]


class Plain:
    """A loss for any network: cross-entropy over the second axis."""

    def loss(self, output, target):
        return torch.nn.functional.cross_entropy(output, target)


def preset(name, network):
    names = list(layer_modules(network))
    stages = list(dict.fromkeys(stages_of(names)))
    norms = [n for n, module in layer_modules(network).items() if "Norm" in type(module).__name__]
    return {
        "head": [stages[-1]],
        "last blocks": stages[-2:],
        "norms and biases": [*norms, "*.bias*", stages[-1]],
        "bitfit": ["*.bias*", stages[-1]],
        "everything": [],
    }[name]


def learning_batch(entry, inputs):
    chance, made = torch.Generator().manual_seed(0), []
    for n in range(4):
        empty = empty_batch(inputs, entry.takes is SequenceSample)[0]
        letters = empty.dtype == torch.int64
        given = torch.randint(1, 4, empty.shape, generator=chance) if letters else torch.rand(empty.shape)
        masks = entry.grain is Grain.PIXEL
        made.append(Item(given, torch.randint(0, 2, empty.shape[-2:]) if masks else torch.tensor(n % 2)))
    return made


def built(name):
    entry = MODELS[name]
    letters = entry.takes is SequenceSample
    inputs = InputSpec(4 if letters else 3, (64,) if letters else (32, 32), "unit")
    torch.manual_seed(0)
    return entry, inputs, entry.build(inputs, 2)


def check(network, frozen, options, entry, inputs):
    """Take two steps; what is frozen must be bit-equal after, and the optimiser hold exactly what is open."""
    learner = Learner(network, options, frozen, CPU)
    moved = {id(p) for group in learner.optimizer.param_groups for p in group["params"]}
    assert moved == {id(p) for p in network.parameters() if p.requires_grad}
    assert moved
    learner.train_mode()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for _ in range(2):
        learner.set_rate(1.0)
        learner.step(network, Plain(), learning_batch(entry, inputs))
    after = network.state_dict()
    still = [name for name in before if name in frozen or name.rpartition(".")[0] in frozen]
    assert all(torch.equal(before[name], after[name]) for name in still)
    assert any(p.requires_grad and not torch.equal(before[n], after[n]) for n, p in network.named_parameters())
    return still


@pytest.mark.parametrize("chosen", ["head", "last blocks", "norms and biases", "bitfit", "everything"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_frozen_is_bit_equal_for_every_model_and_preset(name, chosen):
    entry, inputs, network = built(name)
    frozen = frozen_in(network, [], preset(chosen, network))
    still = check(network, frozen, replace(OPTIONS, learning_rate=1e-2), entry, inputs)
    assert bool(still) == (chosen != "everything")


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("name", NAMES)
def test_adapters_learn_beside_weights_that_stay_and_are_merged_into_the_model(name, kind):
    entry, inputs, network = built(name)
    plain = entry.build(inputs, 2)
    options = replace(OPTIONS, adapter=kind, adapter_rank=2, learning_rate=1e-2)
    still = check(network, add_adapters(network, options, ()), options, entry, inputs)
    assert any(".base_layer." in n for n in still)
    plain.load_state_dict(merged(network))  # strict: as it was built
    network.eval(), plain.eval()
    batch = torch.stack([item.inputs for item in learning_batch(entry, inputs)])
    with torch.no_grad():
        torch.testing.assert_close(plain(batch), network(batch), rtol=1e-3, atol=1e-4)


def test_where_no_layer_can_have_an_adapter_it_is_said():
    with pytest.raises(Fault, match="none of the layers"):
        add_adapters(small_network(), replace(OPTIONS, adapter="lora"), {"first.0", "second.0"})


def test_a_pattern_may_mean_single_tensors():
    tensors = {"conv": ["weight"], "norm": ["weight", "bias"], "head": ["weight", "bias"]}
    assert frozen_names(list(tensors), [], ["*.bias"], tensors) == {"conv", "norm.weight", "head.weight"}
    assert frozen_names(list(tensors), ["norm.weight"], (), tensors) == {"norm.weight"}
    with pytest.raises(Fault, match="means no layer"):
        frozen_names(list(tensors), ["*.gamma"], (), tensors)


def test_each_stage_learns_slower_away_from_the_head_and_named_rates_count():
    names = ["first.0", "first.1", "second.0", "head"]
    factors = rate_factors(names, replace(OPTIONS, layer_decay=0.5, rates=("second=0.1",)))
    assert factors == {"first.0": 0.25, "first.1": 0.25, "second.0": pytest.approx(0.05), "head": 1.0}
    for wrong in ("second", "second=x", "=0.1", "second=-1"):
        with pytest.raises(Fault, match="no pattern=factor"):
            rate_factors(names, replace(OPTIONS, rates=(wrong,)))
    with pytest.raises(Fault, match="means no layer"):
        rate_factors(names, replace(OPTIONS, rates=("third=0.1",)))


def test_the_rates_reach_the_optimiser_through_the_schedule():
    learner = Learner(small_network(), replace(OPTIONS, layer_decay=0.5), (), CPU)
    assert learner.set_rate(0.5) == pytest.approx(0.5e-2)
    last = len(set(stages_of(list(layer_modules(small_network()))))) - 1
    assert {round(group["lr"], 9) for group in learner.optimizer.param_groups} == {
        round(0.005 * 0.5**n, 9) for n in range(last + 1)
    }
    learner.scale = 2.0
    assert learner.set_rate(0.5) == pytest.approx(1e-2)


UNFREEZING = replace(OPTIONS, epochs=5, patience=9, unfreeze=("second@3", "first@4"))


def test_layers_open_at_their_epoch_and_it_is_told(tmp_path):
    network, _, events = loop(tmp_path, UNFREEZING)
    at_end, told = {}, []
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for event in events:
        told.append(event)
        if isinstance(event, EpochDone):
            at_end[event.epoch] = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    marks = [event for event in told if isinstance(event, Changed)]
    assert [(mark.epoch, mark.step) for mark in marks] == [(3, 6), (4, 9)]
    assert "second" in marks[0].words
    for part, opens in (("second", 3), ("first", 4)):
        names = [name for name in start if name.startswith(part)]
        assert all(torch.equal(start[name], at_end[opens - 1][name]) for name in names)
        assert not all(torch.equal(at_end[opens - 1][name], at_end[opens][name]) for name in names)


@pytest.mark.parametrize("after", [5, 9, 12, 14])
def test_a_training_that_unfreezes_goes_on_to_the_same_weights(tmp_path, after):
    options = replace(UNFREEZING, layer_decay=0.7, pull_to_start=0.05)
    whole, _, events = loop(tmp_path / "whole", options)
    told = list(events)
    _, _, broken = loop(tmp_path / "broken", options)
    before = [next(broken) for _ in range(after)]
    broken.close()
    network, _, rest = loop(tmp_path / "broken", options, go_on=True)
    steps = [e for e in [*before, *rest] if isinstance(e, (StepDone, EpochDone))]
    assert steps == [e for e in told if isinstance(e, (StepDone, EpochDone))]
    assert equal(network, whole)


@pytest.mark.parametrize("wrong", ["second", "second@", "second@0", "@3", "second@x"])
def test_an_unfreezing_that_cannot_be_read_is_refused(tmp_path, wrong):
    with pytest.raises(Fault, match="no pattern@epoch"):
        list(loop(tmp_path, replace(OPTIONS, unfreeze=(wrong,)))[2])


def test_pulled_to_the_start_weights_stay_nearer_to_it(tmp_path):
    def way(pull):
        torch.manual_seed(0)
        start = small_network().state_dict()
        options = replace(OPTIONS, pull_to_start=pull, epochs=6, weight_decay=0.0)
        network, _, events = loop(tmp_path / str(pull), options)
        list(events)
        state = network.state_dict()
        return float(sum((state[n] - start[n]).norm() for n in ("first.0.weight", "second.0.weight")))

    assert way(1.0) < 0.8 * way(0.0)


@pytest.mark.parametrize(("rule", "kept"), [("keep-frozen", (True, False)), ("keep-all", (True, True))])
def test_the_batch_norm_rule_says_whose_statistics_stay(tmp_path, rule, kept):
    network, _, events = loop(tmp_path, replace(OPTIONS, batch_norm=rule), frozen={"first.0", "first.1"})
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    list(events)
    after = network.state_dict()
    for part, same in zip(("first", "second"), kept):
        assert torch.equal(before[f"{part}.1.running_mean"], after[f"{part}.1.running_mean"]) is same


def test_frozen_layers_may_take_up_statistics_where_the_user_says_so(tmp_path):
    frozen = {"first.0", "first.1", "second.0", "second.1"}
    network, _, events = loop(tmp_path, replace(OPTIONS, batch_norm="learn-all"), frozen=frozen)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    list(events)
    after = network.state_dict()
    assert not torch.equal(before["first.1.running_mean"], after["first.1.running_mean"])
    assert torch.equal(before["first.1.weight"], after["first.1.weight"])


def test_adapters_train_by_the_loop_and_the_model_is_that_of_the_plain_network(tmp_path):
    options = replace(OPTIONS, adapter="lora", adapter_rank=4, epochs=6, patience=9)
    torch.manual_seed(0)
    network = small_network()
    frozen = add_adapters(network, options, ())
    _, keeper, events = loop(tmp_path, options, network=network, frozen=frozen)
    losses = [event.train_loss for event in events if isinstance(event, EpochDone)]
    assert losses[-1] < losses[0]
    small_network().load_state_dict(keeper.best)
