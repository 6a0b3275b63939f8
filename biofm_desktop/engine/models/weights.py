"""Weights from a file into a network: state dicts and safetensors in the network's own layout, never running code."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from biofm_desktop.engine.faults import Fault, system_fault

_SHOWN = 4
_HOLDERS = ("state_dict", "model_state_dict", "model")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a ``.safetensors`` file or of a torch state dict.

    A pickle that would run code is refused and does not run (``weights_only``). Raises `Fault` naming the file.
    """
    try:
        if not path.is_file():
            raise Fault(path, "there is no such file", "Choose a file of weights")
        with path.open("rb") as file:
            head = file.read(16)
        if not head:
            raise Fault(path, "the file is empty", "Copy or download it again")
        if path.suffix == ".safetensors" or (len(head) > 8 and head[8:9] == b"{"):
            return load_file(path)
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise system_fault(path, error) from error
    except SafetensorError as error:
        raise Fault(
            path, "it is not a sound safetensors file", "Copy or download it again", detail=str(error)
        ) from None
    except (
        UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
    ) as error:
        unsafe = "Unsupported" in str(error) or "unsupported" in str(error) or "disallowed" in str(error)
        fault = (
            "it holds more than tensors and could run code when loaded; it was not loaded"
            if unsafe
            else "it is damaged or no file of weights"
        )
        raise Fault(
            path, fault, "Use a state dict or a safetensors file from a source you trust", detail=str(error)
        ) from None
    return _tensors(found, path)


def _tensors(found: Any, path: Path) -> dict[str, Tensor]:
    if isinstance(found, dict):
        for holder in _HOLDERS:
            if isinstance(found.get(holder), dict):
                found = found[holder]
        if found and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in found.items()):
            return {name.removeprefix("module."): tensor for name, tensor in found.items()}
    raise Fault(path, "it holds no state dict (names and tensors)", "Save the model's state_dict() and use that file")


def load_weights(network: nn.Module, path: Path, head: str, trunk: str = "") -> list[str]:
    """Put a file's weights into the network, strictly: every tensor but the head's must be there and fit.

    The head is taken too where it fits, else left fresh. A file that knows no part of the network but its ``trunk`` is
    one of a network with that trunk: the trunk's tensors are as strictly taken, the rest stays fresh. Returns the names
    that were left fresh. Raises `Fault` naming missing, surplus and unfit tensors; the network is then unchanged.
    """
    given, own = read_weights(path), network.state_dict()
    parts = {name.split(".")[0] for name in own}
    trunk_alone = bool(trunk) and parts & {name.split(".")[0] for name in given} == {trunk}

    def is_head(name: str) -> bool:
        return name.startswith(head + ".") or (trunk_alone and not name.startswith(trunk + "."))

    optional = {name for name in own if name.endswith("num_batches_tracked")}
    missing = [n for n in own if n not in given and not is_head(n) and n not in optional]
    surplus = [n for n in given if n not in own and not is_head(n)]
    unfit = [n for n in own if n in given and given[n].shape != own[n].shape and not is_head(n)]
    faults = [
        f"{len(names)} tensors {word} ({_some(names)})"
        for word, names in (("are missing", missing), ("are surplus", surplus), ("have another shape", unfit))
        if names
    ]
    if faults:
        raise Fault(
            path,
            "it does not fit this model: " + "; ".join(faults),
            "Choose the weights of this model, or the model of these weights",
        )
    broken = [n for n, t in given.items() if t.is_floating_point() and not bool(torch.isfinite(t).all())]
    if broken:
        raise Fault(path, f"the tensor {broken[0]} holds values that are not finite", "Use a sound copy")
    taken = {n: given[n].to(own[n].dtype) for n in own if n in given and given[n].shape == own[n].shape}
    network.load_state_dict(own | taken)
    return [n for n in own if n not in taken and n not in optional]


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
