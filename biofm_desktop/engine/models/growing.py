"""A network with more outputs than before: all that it knew is kept, row by row."""

import torch
from torch import Tensor, nn

from biofm_desktop.engine.faults import Fault


def load_grown(network: nn.Module, state: dict[str, Tensor], head: str) -> list[str]:
    """Put weights into a network whose layer ``head`` has further outputs; return the head's tensors that grew.

    The old outputs keep their weights, the new ones those that the network has. Raises `Fault` where anything but the
    number of outputs differs.
    """
    own = network.state_dict()
    taken, grown = dict[str, Tensor](), []
    for name, tensor in own.items():
        given = state.get(name)
        if given is None:
            raise Fault(f"tensor {name}", "the weights lack it", "Use the weights of this model")
        if given.shape == tensor.shape:
            taken[name] = given
        elif name.startswith(head + ".") and given.shape[1:] == tensor.shape[1:] and len(given) < len(tensor):
            taken[name] = torch.cat([given, tensor[len(given) :]])
            grown.append(name)
        else:
            raise Fault(f"tensor {name}", "the weights have another shape", "Use the weights of this model")
    network.load_state_dict(taken)
    return grown
