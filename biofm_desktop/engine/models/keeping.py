"""How many bytes a network keeps of a sample for the backward pass, layer by layer."""

from typing import Any

import torch
from torch import Tensor, nn


def kept_for_backward(network: nn.Module, sample: Tensor) -> dict[str, int]:
    """Return the bytes that autograd keeps of one sample, by the last layer (module with tensors) that was entered.

    Found by asking autograd in one pass of two samples (batch norm wants two); weights are not counted, and what
    several operations keep is counted once. The network stays as it was.
    """
    own = {_storage(tensor) for tensor in (*network.parameters(), *network.buffers())}
    seen: set[int] = set()
    alive: list[Tensor] = []  # so that no storage is taken for another one's
    kept: dict[str, int] = {}
    current = [""]

    def keep(tensor: Tensor) -> Tensor:
        storage = _storage(tensor)
        if storage not in own and storage not in seen:
            seen.add(storage)
            alive.append(tensor)
            size = tensor.untyped_storage().nbytes() // 2
            kept[current[0]] = kept.get(current[0], 0) + size
        return tensor

    def enter(name: str) -> Any:
        def note(*_: Any) -> None:
            current[0] = name

        return note

    hooks = [module.register_forward_pre_hook(enter(name)) for name, module in _with_tensors(network).items()]
    before = [(buffer, buffer.clone()) for buffer in network.buffers()]
    training, learning = network.training, [p.requires_grad for p in network.parameters()]
    try:
        network.train().requires_grad_(True)
        with torch.random.fork_rng(devices=[]), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            network(torch.cat([sample, sample]))
    finally:
        network.train(training)
        for parameter, learns in zip(network.parameters(), learning):
            parameter.requires_grad_(learns)
        for buffer, values in before:
            buffer.copy_(values)
        for hook in hooks:
            hook.remove()
    return kept


def _with_tensors(network: nn.Module) -> dict[str, nn.Module]:
    from .layers import layer_modules

    return layer_modules(network)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
