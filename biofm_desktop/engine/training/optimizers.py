"""The optimisers one can choose, and which tensors they move."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from biofm_desktop.engine.fit_options import OptimisingOptions

_MOMENTUM = 0.9


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the open tensors in two groups: matrices and filters decay, norms and biases (one axis) do not."""
    opened = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in opened if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in opened if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def optimizer_of(groups: Iterable[dict[str, Any]], options: OptimisingOptions, rate: float) -> torch.optim.Optimizer:
    """Return the chosen optimiser over these groups.

    AdamW (Loshchilov and Hutter, arXiv 1711.05101), SGD with Nesterov's momentum, NAdam, or Lion (Chen et al., arXiv
    2302.06675; timm's).
    """
    match options.optimizer:
        case "sgd":
            return torch.optim.SGD(list(groups), lr=rate, momentum=_MOMENTUM, nesterov=True)
        case "nadam":
            return torch.optim.NAdam(list(groups), lr=rate, decoupled_weight_decay=True)
        case "lion":
            from timm.optim.lion import Lion

            return Lion(list(groups), lr=rate)
        case _:
            return torch.optim.AdamW(list(groups), lr=rate)


def carry_over(before: torch.optim.Optimizer | None, now: torch.optim.Optimizer) -> None:
    """Give a new optimiser what an earlier one knew of the tensors that both move."""
    if before is not None:
        moved = {p for group in now.param_groups for p in group["params"]}
        now.state.update({p: known for p, known in before.state.items() if p in moved})
