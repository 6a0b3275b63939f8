"""What the freeze dialog says of memory."""

from dataclasses import replace

from biofm_desktop.engine.models.base import Layer
from biofm_desktop.engine.models.memory import as_text, trained_of, training_memory

LAYERS = [
    Layer("stem.0", "stem", "Conv2d", (8, 28, 28), 100, 4000),
    Layer("stem.1", "stem", "Conv2d", (8, 28, 28), 200, 6000),
    Layer("head", "head", "Linear", (3,), 30, 12),
]


#: Two copies of what the second convolution takes and gives.
PASSING = 2 * 2 * 8 * 28 * 28 * 4
AROUND = 20_000_000


def test_without_freezing_every_weight_costs_sixteen_bytes_and_every_activation_is_kept():
    need = training_memory(LAYERS, set(), batch_size=2)
    assert (need.weights, need.gradients, need.optimiser) == (330 * 4, 330 * 4, 330 * 8)
    assert need.activations == 2 * (4000 + 6000 + 12)
    assert need.working == 2 * PASSING + AROUND
    assert need.total == 330 * 16 + 2 * 10012 + need.working


def test_frozen_layers_before_the_first_that_learns_keep_nothing():
    need = training_memory(LAYERS, {"stem.0", "stem.1"}, batch_size=2)
    assert need.gradients == 30 * 4
    assert need.activations == 2 * 12
    assert need.working == 2 * PASSING + AROUND


def test_only_convolutions_turn_what_they_take_and_give():
    norm = [replace(layer, kind="BatchNorm2d") for layer in LAYERS]
    assert training_memory(norm, set(), batch_size=1).working == PASSING // 2 + AROUND


def test_of_a_layer_of_which_one_tensor_stays_only_the_others_learn():
    layers = [Layer("norm", "norm", "BatchNorm2d", (8, 4, 4), 16, 512, {"weight": 8, "bias": 8})]
    assert training_memory(layers, {"norm.weight"}, batch_size=1).gradients == 8 * 4
    assert trained_of(layers[0], {"norm"}) == 0


def test_a_frozen_layer_behind_one_that_learns_is_kept_for_the_backward_pass():
    need = training_memory(LAYERS, {"head"}, batch_size=1)
    assert need.activations == 10012


def test_everything_frozen_needs_no_gradients():
    need = training_memory(LAYERS, {"stem.0", "stem.1", "head"}, batch_size=1)
    assert (need.gradients, need.optimiser) == (0, 0)


def test_no_layers_need_no_memory():
    assert training_memory([], set(), batch_size=8).total == 0


def test_sizes_read_as_people_write_them():
    assert [as_text(n) for n in (0, 999, 1500, 26_037_800, 999_600_000, 3_400_000_000)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "26 MB",
        "1.0 GB",
        "3.4 GB",
    ]
