"""A network's layers: their names, shapes and sizes, found by one pass of an empty sample."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from biofm_desktop.engine.samples import InputSpec

from .base import Layer
from .keeping import kept_for_backward
from .patterns import frozen_names
from .stages import stages_of


def layer_modules(network: nn.Module) -> dict[str, nn.Module]:
    """Return the modules that hold tensors of their own, by name, in the order of the network.

    A tensor that hangs on a part with children (a learnt position) is counted with that part; the network itself is
    called ``(network)``.
    """
    return {
        name or "(network)": module
        for name, module in network.named_modules()
        if any(True for _ in module.parameters(recurse=False)) or any(True for _ in module.buffers(recurse=False))
    }


def empty_batch(inputs: InputSpec, sequence: bool, count: int = 1) -> Tensor:
    """Return a batch of zeros of the kind that the network takes."""
    if sequence:
        return torch.zeros(count, *inputs.size, dtype=torch.int64)
    return torch.zeros(count, inputs.channels, *inputs.size)


def describe(network: nn.Module, sample: Tensor) -> list[Layer]:
    """Return the layers with tensors, with what one sample (batch of 1) makes of them; the network stays as it was."""
    shapes: dict[str, tuple[int, ...]] = {}
    modules = layer_modules(network)
    hooks = [module.register_forward_hook(_noter(name, shapes)) for name, module in modules.items()]
    training = network.training
    try:
        network.eval()
        with torch.no_grad():
            network(sample)
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    kept, made = kept_for_backward(network, sample), []
    for (name, module), stage in zip(modules.items(), stages_of(list(modules))):
        sizes = {n: p.numel() for n, p in module.named_parameters(recurse=False)}
        kind, shape = type(module).__name__, shapes.get(name, ())
        made.append(Layer(name, stage, kind, shape, sum(sizes.values()), kept.get(name, 0), sizes))
    return made


def frozen_in(network: nn.Module, freeze: Iterable[str], train_only: Iterable[str] = ()) -> set[str]:
    """Return the layers and tensors of a network that these patterns keep as they are; see `frozen_names`."""
    modules = layer_modules(network)
    tensors = {name: [n for n, _ in module.named_parameters(recurse=False)] for name, module in modules.items()}
    return frozen_names(list(modules), freeze, train_only, tensors)


def _noter(name: str, shapes: dict[str, tuple[int, ...]]) -> Any:
    def note(_: nn.Module, __: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output
        shapes[name] = tuple(first.shape[1:])

    return note
