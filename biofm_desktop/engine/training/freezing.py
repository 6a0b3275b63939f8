"""Freezing: the chosen layers keep every tensor, batch-norm statistics included."""

from collections.abc import Collection

from torch import nn

from biofm_desktop.engine.models.layers import layer_modules


def freeze(network: nn.Module, names: Collection[str]) -> None:
    """Take the layers and tensors of these names out of the training."""
    for name, module in layer_modules(network).items():
        for part, parameter in module.named_parameters(recurse=False):
            parameter.requires_grad_(name not in names and f"{name}.{part}" not in names)


def train_mode(network: nn.Module, frozen: Collection[str], batch_norm: str = "keep-frozen") -> None:
    """Put the network into training mode, but those parts into eval mode whose statistics stay as they are.

    ``batch_norm`` says which: ``keep-frozen`` those of frozen layers, ``keep-all`` those of every norm besides,
    ``learn-all`` none.
    """
    network.train()
    for name, module in layer_modules(network).items():
        keeps = getattr(module, "track_running_stats", False) and batch_norm == "keep-all"
        if keeps or (name in frozen and batch_norm != "learn-all"):
            module.train(False)


def takes_up_statistics(network: nn.Module, batch_norm: str) -> bool:
    """Say whether frozen layers change after all: their running statistics."""
    return batch_norm == "learn-all" and any(getattr(m, "track_running_stats", False) for m in network.modules())
