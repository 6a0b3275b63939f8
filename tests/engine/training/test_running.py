"""How a training runs: optimisers, schedules, parts of a batch, broken losses, and changes on the way."""

import math
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from biofm_desktop.engine.events import Changed, EpochDone, StepDone, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.fit_options.optimising import OPTIMIZERS, SCHEDULES
from biofm_desktop.engine.inference.devices import same_bits
from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.training.ahead import Ahead
from biofm_desktop.engine.training.checkpoints import Checkpoints
from biofm_desktop.engine.training.fit import fit, validate
from biofm_desktop.engine.training.learner import Learner
from biofm_desktop.engine.training.room import parts_of
from biofm_desktop.engine.training.schedules import Schedule
from biofm_desktop.engine.training.steering import Steering
from biofm_desktop.engine.training.team import Alone
from tests.engine.training.test_training import OPTIONS, TASK, items, small_network

CPU = torch.device("cpu")


def loop(folder, options=OPTIONS, *, frozen=(), train=None, network=None, **more):
    torch.manual_seed(0)
    network = small_network() if network is None else network
    train = items() if train is None else train
    keeper = Checkpoints(folder, network)
    events = fit(
        network,
        TASK,
        train,
        items(4),
        options,
        frozen=set(frozen),
        repeats=[1] * len(train),
        checkpoints=keeper,
        device=CPU,
        **more,
    )
    return network, keeper, events


def equal(first, second):
    return all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values()))


def rates(schedule, steps):
    told = []
    for _ in range(steps):
        told.append(schedule.factor)
        schedule.step()
    return told


def test_each_schedule_goes_its_way():
    of = {name: rates(Schedule(replace(OPTIONS, schedule=name, warm_up=0.2), 100), 100) for name in SCHEDULES}
    assert max(of["one-cycle"]) == pytest.approx(1.0, abs=0.01)
    assert of["one-cycle"][-1] < 0.01
    assert of["cosine"][20] == pytest.approx(1.0, abs=0.01)
    assert of["cosine"][60] == pytest.approx(0.5, abs=0.02)
    assert of["cosine"][-1] < 0.01
    assert of["constant"][30:] == pytest.approx([1.0] * 70)
    assert all(told[0] < 0.1 for told in of.values())
    assert rates(Schedule(replace(OPTIONS, schedule="constant", warm_up=0.0), 9), 9) == [1.0] * 9


def test_on_a_plateau_the_rate_falls_and_only_then():
    schedule = Schedule(replace(OPTIONS, schedule="plateau", warm_up=0.0), 100)
    assert not any(schedule.judge(0.1 * n) for n in range(5))
    fell = [schedule.judge(0.4) for _ in range(6)]
    assert fell.count(True) == 1
    assert schedule.factor == pytest.approx(0.2)
    other = Schedule(replace(OPTIONS, schedule="plateau", warm_up=0.0), 100)
    other.load_state_dict(schedule.state_dict())
    assert other.factor == schedule.factor


@pytest.mark.parametrize(("optimizer", "schedule"), [*zip(OPTIMIZERS, SCHEDULES[::-1]), ("adamw", "one-cycle")])
def test_every_optimiser_with_every_schedule_learns_and_goes_on_to_the_same_weights(tmp_path, optimizer, schedule):
    rate = {"sgd": 0.05, "lion": 1e-3}.get(optimizer, 1e-2)
    options = replace(
        OPTIONS, optimizer=optimizer, schedule=schedule, learning_rate=rate, epochs=8, patience=8, ema=0.5
    )
    whole, _, events = loop(tmp_path / "whole", options)
    told = list(events)
    epochs = [event.train_loss for event in told if isinstance(event, EpochDone)]
    assert epochs[-1] < epochs[0]
    _, _, broken = loop(tmp_path / "broken", options)
    before = [next(broken) for _ in range(13)]
    broken.close()
    network, _, rest = loop(tmp_path / "broken", options, go_on=True)
    assert before + list(rest) == told
    assert equal(network, whole)


def test_norms_and_biases_do_not_decay_and_only_open_tensors_are_moved():
    network = small_network()
    learner = Learner(network, replace(OPTIONS, weight_decay=0.1), {"first.0", "first.1"}, CPU)
    of = {id(p): group["weight_decay"] for group in learner.optimizer.param_groups for p in group["params"]}
    opened = {name: p for name, p in network.named_parameters() if p.requires_grad}
    assert set(of) == {id(p) for p in opened.values()}
    assert {name: of[id(p)] for name, p in opened.items()} == {
        name: 0.1 if p.ndim > 1 else 0.0 for name, p in opened.items()
    }
    assert not any(name.startswith("first") for name in opened)


def test_opening_layers_keeps_what_the_optimiser_knows():
    network = small_network()
    learner = Learner(network, OPTIONS, {"first.0", "first.1"}, CPU)
    learner.step(network, TASK, items(4))
    known = learner.optimizer.state[network.head.weight]["exp_avg"].clone()
    learner.open(set())
    assert torch.equal(learner.optimizer.state[network.head.weight]["exp_avg"], known)
    assert network.first[0].weight not in learner.optimizer.state
    learner.open({name for name in layer_modules(network) if name != "first.0"})
    assert list(learner.optimizer.state) == []


def test_accumulated_batches_are_one_step_with_the_gradient_of_the_whole(tmp_path):
    torch.manual_seed(0)
    one, two = small_network().eval(), small_network()
    two.load_state_dict(one.state_dict())
    two.eval()  # batch norm sees its batch otherwise
    batch = items(8)
    whole, parts = (
        Learner(n, replace(OPTIONS, batch_size=size, accumulate=8 // size, clip=0), (), CPU).step(n, TASK, batch)
        for n, size in ((one, 8), (two, 2))
    )
    assert parts.loss == pytest.approx(whole.loss, rel=1e-5)
    assert parts.gradient == pytest.approx(whole.gradient, rel=1e-4)
    _, _, events = loop(tmp_path, replace(OPTIONS, batch_size=2, accumulate=3))
    assert sum(isinstance(event, StepDone) for event in events) == 3 * 2


@pytest.mark.parametrize("count", range(1, 40))
@pytest.mark.parametrize("most", [1, 2, 3, 8, 64])
def test_parts_hold_every_item_once_and_none_is_alone(count, most):
    parts = parts_of(count, most)
    assert [i for part in parts for i in range(count)[part]] == list(range(count))
    sizes = [part.stop - part.start for part in parts]
    assert max(sizes) <= max(most, 2) + 1
    assert count == 1 or min(sizes) > 1


class Full(torch.nn.Module):
    """A network for which memory runs out above so many samples at once."""

    def __init__(self, most, error):
        super().__init__()
        self.inner, self.most, self.error, self.seen = small_network(), most, error, []

    def forward(self, inputs):
        middle = self.inner.first(inputs)  # batch norm has noted the batch when memory runs out
        if len(inputs) > self.most:
            raise self.error
        self.seen.append(len(inputs))
        return self.inner.head(self.inner.pool(self.inner.second(middle)))


MEMORY_ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"),
    MemoryError(),
]


@pytest.mark.parametrize("error", MEMORY_ERRORS, ids=lambda error: type(error).__name__)
def test_where_memory_runs_out_the_batch_goes_through_in_parts_and_the_training_ends_well(tmp_path, error):
    network, _, events = loop(tmp_path, replace(OPTIONS, batch_size=8), network=Full(2, error))
    told = list(events)
    warned = [event.message for event in told if isinstance(event, Warned)]
    assert [f"from here {n} samples" in words for n, words in zip((4, 2), warned)] == [True, True]
    assert len(warned) == 2
    assert sum(isinstance(event, StepDone) for event in told) == 6  # the effective batch stays: 12 items, 8 a step
    assert isinstance(told[-1], EpochDone)
    tracked = int(network.inner.first[1].num_batches_tracked)
    assert tracked == 3 * (4 + 2)  # not counted twice for the attempts that failed


def test_after_two_halvings_it_gives_up_in_plain_words(tmp_path):
    _, _, events = loop(tmp_path, replace(OPTIONS, batch_size=8), network=Full(1, MEMORY_ERRORS[0]))
    with pytest.raises(Fault, match="not enough memory, even for 2 samples"):
        list(events)


def test_another_error_of_the_network_is_no_matter_of_memory(tmp_path):
    _, _, events = loop(tmp_path, network=Full(1, RuntimeError("shapes do not fit")))
    with pytest.raises(RuntimeError, match="shapes"):
        list(events)


def test_a_broken_batch_is_named_and_left_out_where_the_user_says_so(tmp_path):
    broken = items()
    broken[5].inputs[0, 16, 16] = math.nan
    options = replace(OPTIONS, not_finite="skip")
    network, _, events = loop(tmp_path, options, train=broken, name_of=lambda i: f"cell-{i}.png")
    told = list(events)
    warned = [event.message for event in told if isinstance(event, Warned)]
    assert len(warned) == 3  # once an epoch
    assert all("cell-5.png" in words and "left out" in words for words in warned)
    assert sum(isinstance(event, StepDone) for event in told) == 6
    assert all(torch.isfinite(t).all() for t in network.state_dict().values() if t.is_floating_point())
    with pytest.raises(Fault, match=r"cell-5\.png"):
        list(loop(tmp_path / "stop", train=broken, name_of=lambda i: f"cell-{i}.png")[2])


def test_where_every_batch_is_broken_leaving_out_comes_to_an_end(tmp_path):
    broken = items()
    for item in broken:
        item.inputs[0, 16, 16] = math.inf
    with pytest.raises(Fault, match="no longer a number"):
        list(loop(tmp_path, replace(OPTIONS, not_finite="skip", epochs=50), train=broken)[2])


def test_the_average_is_judged_and_kept(tmp_path):
    network, keeper, events = loop(tmp_path, replace(OPTIONS, ema=0.9))
    list(events)
    assert not torch.equal(keeper.best["head.weight"], network.head.weight)
    plain, other, more = loop(tmp_path / "plain")
    list(more)
    assert equal(network, plain)  # averaging does not touch what is learnt
    assert keeper.best.keys() == other.best.keys()


def test_half_precision_learns_and_a_cpu_refuses_float16(tmp_path):
    _, _, events = loop(tmp_path, replace(OPTIONS, precision="bfloat16", epochs=6))
    losses = [event.train_loss for event in events if isinstance(event, EpochDone)]
    assert losses[-1] < losses[0]
    with pytest.raises(Fault, match="does not learn on a CPU"):
        list(loop(tmp_path / "other", replace(OPTIONS, precision="float16"))[2])


def test_deterministic_is_set_while_it_trains_and_not_after(tmp_path):
    _, _, events = loop(tmp_path, replace(OPTIONS, deterministic=True))
    next(events)
    assert torch.are_deterministic_algorithms_enabled()
    events.close()
    assert not torch.are_deterministic_algorithms_enabled()


def test_why_it_ended_early_is_said(tmp_path):
    options = replace(OPTIONS, epochs=50, learning_rate=1e-12, patience=2, weight_decay=0)
    _, keeper, events = loop(tmp_path, options)
    list(events)
    assert "no better accuracy in the 2 epochs after epoch" in keeper.ended


CHANGES = {4: {"freeze": ["first", "second"]}, 7: {"learning_rate": 0.5}, 9: {"freeze": [], "task": {}}}


def steered(changes):
    """Return a steering whose wishes come after so many calls, one a step."""
    calls = []

    def wishes():
        calls.append(1)
        return [{"change": changes[len(calls) - 1]}] if len(calls) - 1 in changes else []

    return Steering(wishes)


def test_what_is_changed_on_the_way_holds_from_the_next_step(tmp_path):
    options = replace(OPTIONS, epochs=6, patience=6, schedule="constant", warm_up=0.0)
    network, _, events = loop(tmp_path, options, steering=steered(CHANGES))
    snapshots, told = {}, []
    for event in events:
        told.append(event)
        if isinstance(event, StepDone):
            snapshots[event.step] = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    marks = [event for event in told if isinstance(event, Changed)]
    assert [mark.step for mark in marks] == [4, 7, 9]
    assert "1 of 5 layers learn" in marks[0].words
    of_trunk = [name for name in snapshots[4] if name.startswith(("first", "second"))]
    assert all(torch.equal(snapshots[4][name], snapshots[9][name]) for name in of_trunk)
    assert not torch.equal(snapshots[4]["head.weight"], snapshots[5]["head.weight"])
    assert not torch.equal(snapshots[9]["first.0.weight"], snapshots[10]["first.0.weight"])
    rate = {event.step: event.learning_rate for event in told if isinstance(event, StepDone)}
    assert (rate[7], rate[8]) == (pytest.approx(1e-2), pytest.approx(0.5))


@pytest.mark.parametrize("after", [6, 9, 12, 15])
def test_a_training_that_was_changed_goes_on_to_the_same_weights(tmp_path, after):
    options = replace(OPTIONS, epochs=6, patience=6)
    whole, _, events = loop(tmp_path / "whole", options, steering=steered(CHANGES))
    told = list(events)
    marks = [event for event in told if isinstance(event, Changed)]
    _, _, broken = loop(tmp_path / "broken", options, steering=steered(CHANGES))
    before = [next(broken) for _ in range(after)]
    broken.close()
    network, _, rest = loop(tmp_path / "broken", options, go_on=True, steering=Steering(list, marks))
    assert before + list(rest) == told
    assert equal(network, whole)


def test_a_wish_that_cannot_be_met_is_told_and_the_training_goes_on(tmp_path):
    wishes = {1: {"freeze": ["nothing-of-this-name"]}, 2: {"batch_size": 9}, 3: {"learning_rate": 0}}
    _, _, events = loop(tmp_path, steering=steered(wishes))
    told = list(events)
    assert sum(isinstance(event, Warned) and "Not changed" in event.message for event in told) == 3
    assert sum(isinstance(event, StepDone) for event in told) == 9


def test_epochs_can_be_added_and_taken_on_the_way(tmp_path):
    _, _, events = loop(tmp_path, replace(OPTIONS, patience=9), steering=steered({2: {"epochs": 5}}))
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2, 3, 4, 5]
    _, _, events = loop(tmp_path / "less", replace(OPTIONS, patience=9), steering=steered({5: {"epochs": 1}}))
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2]


def test_changed_samples_are_told_when_it_goes_on(tmp_path):
    _, _, events = loop(tmp_path, content="one")
    next(events)
    events.close()
    told = list(loop(tmp_path, content="two", go_on=True)[2])
    assert "were changed since it stopped" in told[0].message


class Lazy(Sequence):
    """Items that are made when they are asked for, one by one; a slice would make all of them at once."""

    def __init__(self, made):
        self._made = made

    def __len__(self):
        return len(self._made)

    def __getitem__(self, index):
        assert isinstance(index, int), "all items were asked for at once"
        return self._made[index]


class Half(Alone):
    """The second of two processes."""

    rank, size = 1, 2

    def share(self, items):
        return slice(len(items) // 2, len(items))


@pytest.mark.parametrize("team", [Alone(), Half()])
def test_held_out_items_are_read_one_by_one(team):
    found = validate(small_network(), TASK, Lazy(items(6)), CPU, 2, team)
    assert math.isfinite(found.loss)


def test_a_device_without_an_algorithm_of_the_same_bits_is_told():
    words = "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but you set it"
    with pytest.raises(Fault, match="no algorithm for adaptive_avg_pool2d_backward_cuda"), same_bits(True):
        raise RuntimeError(words)
    assert not torch.are_deterministic_algorithms_enabled()
    with pytest.raises(RuntimeError, match="other"), same_bits(True):
        raise RuntimeError("other")


@pytest.fixture
def reads_ahead(monkeypatch):
    """Make ready the next batch in a thread, as where there is a GPU; count how often that was of use."""
    made, own = {"ahead": 0, "now": 0}, Ahead.__init__

    def begin(self, make, device):
        def count(chosen, seeds):
            made["ahead" if threading.current_thread().name.startswith("ahead") else "now"] += 1
            return make(chosen, seeds)

        own(self, count, torch.device("meta"))

    monkeypatch.setattr(Ahead, "__init__", begin)
    return made


def test_batches_made_ahead_are_those_that_would_be_made_now(tmp_path, reads_ahead):
    network, _, events = loop(tmp_path / "ahead")
    told = list(events)
    assert reads_ahead["ahead"] > reads_ahead["now"] > 0
    _, _, broken = loop(tmp_path / "broken")
    before = [next(broken) for _ in range(5)]
    broken.close()
    again, _, rest = loop(tmp_path / "broken", go_on=True)
    assert before + list(rest) == told
    assert equal(network, again)


def test_what_is_made_ahead_changes_nothing(tmp_path, request):
    plain, _, events = loop(tmp_path / "plain")
    told = list(events)
    request.getfixturevalue("reads_ahead")
    ahead, _, events = loop(tmp_path / "ahead")
    assert list(events) == told
    assert equal(plain, ahead)
