"""Freezing: the chosen layers keep every tensor, batch-norm statistics included."""

from collections.abc import Collection

from torch import nn

from biofm_desktop.engine.models.layers import layer_modules


def freeze(network: nn.Module, names: Collection[str]) -> None:
    """Take the layers of these names out of the training."""
    for name, module in layer_modules(network).items():
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(name not in names)


def train_mode(network: nn.Module, frozen: Collection[str]) -> None:
    """Put the network into training mode, but frozen layers into eval mode: their statistics stay as they are."""
    network.train()
    for name, module in layer_modules(network).items():
        if name in frozen:
            module.train(False)
