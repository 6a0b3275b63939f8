"""The optimisers one can choose, and which tensors they move."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from biofm_desktop.engine.fit_options import OptimisingOptions
from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.rates import rate_factors
from biofm_desktop.engine.recipes import FitOptions

_MOMENTUM = 0.9


def parameter_groups(network: nn.Module, options: FitOptions) -> list[dict[str, Any]]:
    """Return the open tensors in groups of one weight decay and one ``factor`` on the learning rate.

    Matrices and filters decay; norms, biases (one axis) and embeddings do not. The factor falls from stage to stage,
    away from the head (Bao et al., arXiv 2106.08254), times that of the rates that the user names.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    factors = rate_factors(list(layer_modules(network)), options)
    for name, module in layer_modules(network).items():
        for parameter in module.parameters(recurse=False):
            if parameter.requires_grad:
                bare = parameter.ndim <= 1 or isinstance(module, nn.Embedding)
                key = factors[name], 0.0 if bare else options.weight_decay
                groups.setdefault(key, []).append(parameter)
    return [
        {"params": tensors, "factor": factor, "weight_decay": decay, "lr": options.learning_rate * factor}
        for (factor, decay), tensors in groups.items()
    ]


def optimizer_of(groups: Iterable[dict[str, Any]], options: OptimisingOptions, rate: float) -> torch.optim.Optimizer:
    """Return the chosen optimiser over these groups.

    AdamW (Loshchilov and Hutter, arXiv 1711.05101), SGD with Nesterov's momentum, NAdam, or Lion (Chen et al., arXiv
    2302.06675; timm's).
    """
    match options.optimizer:
        case "sgd":
            return torch.optim.SGD(list(groups), lr=rate, momentum=_MOMENTUM, nesterov=True, fused=True)
        case "nadam":
            return torch.optim.NAdam(list(groups), lr=rate, decoupled_weight_decay=True)
        case "lion":
            from timm.optim.lion import Lion

            return Lion(list(groups), lr=rate)
        case _:
            return torch.optim.AdamW(list(groups), lr=rate, fused=True)


def carry_over(before: torch.optim.Optimizer | None, now: torch.optim.Optimizer) -> None:
    """Give a new optimiser what an earlier one knew of the tensors that both move."""
    if before is not None:
        moved = {p for group in now.param_groups for p in group["params"]}
        now.state.update({p: known for p, known in before.state.items() if p in moved})
