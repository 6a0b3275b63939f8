"""Adapters: small matrices beside frozen weights that learn in their place (peft).

LoRA (Hu et al., arXiv 2106.09685) and DoRA (Liu et al., arXiv 2402.09353). What is kept as the model has them merged
into the weights, so that it predicts without peft.
"""

import copy
from collections.abc import Collection

from torch import Tensor, nn

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.fit_options import LayerOptions
from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.stages import stages_of

_BASE, _OWN = ".base_layer", (".lora_A.", ".lora_B.", ".lora_magnitude_vector.")


def add_adapters(network: nn.Module, options: LayerOptions, frozen: Collection[str]) -> set[str]:
    """Put adapters beside the dense and convolution layers that are not ``frozen``; return all that is frozen now.

    That is everything but the adapters and the last stage, which learns itself. Recurrent and attention matrices have
    no adapters and stay. Raises `Fault` where no layer can have one.
    """
    names = list(layer_modules(network))
    head = stages_of(names)[-1]
    chosen = [
        name
        for name, module in layer_modules(network).items()
        if name not in frozen and not _within(name, head) and _takes_adapter(network, name, module)
    ]
    if not chosen:
        raise Fault(
            "option --adapter",
            "none of the layers that would learn is dense or a convolution, so none can have an adapter",
            "Tick some of those, or train without adapters",
        )
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(
        r=options.adapter_rank,
        lora_alpha=options.adapter_alpha,
        target_modules=chosen,
        use_dora=options.adapter == "dora",
    )
    inject_adapter_in_model(config, network)
    for module in network.modules():
        if isinstance(module, nn.TransformerEncoderLayer):
            module.activation_relu_or_gelu = 0  # its quick way past the layers inside would leave the adapters out
    return {name for name in layer_modules(network) if not _adapter(name) and not _within(name, head)} | {
        name for name in frozen if _within(name, head)
    }


def merged(network: nn.Module) -> dict[str, Tensor]:
    """Return the weights of the network as it was built, the adapters' part added to them."""
    state = network.state_dict()
    if not any(_BASE in name for name in state):
        return state
    from peft.tuners.tuners_utils import BaseTunerLayer

    whole = copy.deepcopy(network)
    for module in whole.modules():
        if isinstance(module, BaseTunerLayer):
            module.merge()
    return {
        name.replace(_BASE, ""): tensor
        for name, tensor in whole.state_dict().items()
        if not any(part in f"{name}." for part in _OWN)
    }


def _adapter(name: str) -> bool:
    return any(part in f".{name}." for part in _OWN)


def _within(name: str, stage: str) -> bool:
    return name == stage or name.startswith(f"{stage}.")


def _takes_adapter(network: nn.Module, name: str, module: nn.Module) -> bool:
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return module.groups == 1
    above = network.get_submodule(name.rpartition(".")[0])
    return isinstance(module, nn.Linear) and not isinstance(above, nn.MultiheadAttention)
