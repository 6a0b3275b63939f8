"""A model of the list without its head: what it sees of a sample as a whole, and place by place."""

from typing import Any

import torch
from torch import Tensor, nn

from biofm_desktop.engine.faults import Fault

#: Modules whose channels come last.
_LAST = (nn.RNNBase, nn.TransformerEncoderLayer, nn.LayerNorm)
#: Modules that throw places away; what is before them is meant.
_POOLING = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d)


class Backbone(nn.Module):
    """Gives what the head takes, (B, features ...), and the last features that have places: (B, channels, places ...).

    The head is taken off the ``network``, so that its tensors are those of a model that a training starts from. Which
    module gives the places is found with one pass of ``example``, a batch of inputs. Raises `Fault` where none does.
    """

    def __init__(self, network: nn.Module, head: str, example: Tensor) -> None:
        super().__init__()
        network.set_submodule(head, nn.Identity())
        self.network = network
        self._places: list[Tensor] = []
        self._where, self._turned = self._find(example)
        network.get_submodule(self._where).register_forward_hook(self._note)
        self.eval()
        with torch.no_grad():
            whole, places = self(example)
        self.train()
        self.features, self.channels, self.grid = whole[0].numel(), places.shape[1], tuple(places.shape[2:])

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features of the whole, (B, features), and of the places."""
        self._places.clear()
        whole = self.network(inputs).flatten(1)
        places = self._places.pop()
        return whole, places.transpose(1, 2) if self._turned else places

    def _note(self, _: nn.Module, __: Any, output: Any) -> None:
        self._places.append(_first(output))

    def _find(self, example: Tensor) -> tuple[str, bool]:
        """Return the module that gives the last features with places, and whether their channels come last."""
        met: list[tuple[str, bool]] = []
        axes = example.ndim if example.is_floating_point() else example.ndim + 1

        def noter(name: str, module: nn.Module) -> Any:
            def note(_: nn.Module, __: Any, output: Any) -> None:
                found, last = _first(output), isinstance(module, _LAST)
                if not isinstance(found, Tensor) or found.ndim != axes or isinstance(module, _POOLING):
                    return
                if (found.shape[1:-1] if last else found.shape[2:]).numel() > 1:
                    met.append((name, last))

            return note

        hooks = [m.register_forward_hook(noter(n, m)) for n, m in self.network.named_modules() if n]
        try:
            self.network.eval()
            with torch.no_grad():
                self.network(example)
        finally:
            for hook in hooks:
                hook.remove()
        if not met:
            raise Fault("pre-training", "this model has no features with places", "Choose another model")
        return met[-1]


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output
