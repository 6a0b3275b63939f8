"""L2-SP: pull what was pretrained towards where it started, instead of towards 0 (Li et al., arXiv 1802.01483)."""

from typing import Any

import torch
from torch import Tensor, nn

from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.stages import stages_of


class Pull:
    """Adds ``strength`` times the way from the start to each gradient; the last stage, which is new, is left free."""

    def __init__(self, network: nn.Module, strength: float) -> None:
        names = list(layer_modules(network))
        head = stages_of(names)[-1]
        self._strength, self._network = strength, network
        self._start: dict[str, Tensor] = {
            name: p.detach().clone()
            for name, p in network.named_parameters()
            if strength and not name.startswith(f"{head}.")
        }

    def add(self) -> None:
        """Add the pull to the gradients."""
        with torch.no_grad():
            for name, parameter in self._network.named_parameters():
                if parameter.grad is not None and name in self._start:
                    parameter.grad.add_(parameter - self._start[name], alpha=self._strength)

    def state_dict(self) -> dict[str, Any]:
        """Return where it pulls to."""
        return self._start

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Pull to where another pulled."""
        for name, tensor in self._start.items():
            tensor.copy_(state[name])
