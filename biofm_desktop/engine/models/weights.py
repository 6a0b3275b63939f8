"""Weights from a file into a network: state dicts and safetensors in any layout that is known, never running code."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.state_dicts import unnested

from .base import ModelEntry
from .matching import Match, Wanted, match


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
    found = unnested(found)
    if (
        found
        and isinstance(found, dict)
        and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in found.items())
    ):
        return dict(found)
    raise Fault(path, "it holds no state dict (names and tensors)", "Save the model's state_dict() and use that file")


def shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of tensors by their names."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def take_weights(network: nn.Module, path: Path, wanted: Wanted) -> Match:
    """Put a file's weights into the network and return what was taken; see `matching`.

    Raises `Fault` naming what is wrong where the file is none of this network; the network is then unchanged.
    """
    given, own = read_weights(path), network.state_dict()
    found = match(wanted, shapes(given))
    if found.fault:
        raise misfit(path, found, shapes(given), wanted.model)
    for theirs in found.taken.values():
        tensor = given[theirs]
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise Fault(path, f"the tensor {theirs} holds values that are not finite", "Use a sound copy")
    taken = {ours: given[theirs].to(own[ours].dtype).reshape(own[ours].shape) for ours, theirs in found.taken.items()}
    network.load_state_dict(own | taken)
    return found


def misfit(path: Path, found: Match, given: Mapping[str, tuple[int, ...]], model: str) -> Fault:
    """Return the fault of a file that does not fit a model: what is wrong, which layout was seen, the way out."""
    from .recognising import in_words  # it knows all models

    if not model:
        return Fault(path, found.fault, "Choose the weights of this model, or the model of these weights")
    words, way_out = in_words(given, model)
    return Fault(path, f"{found.fault}. {words}", way_out)


def wanted_of(network: nn.Module, entry: ModelEntry, **how: bool) -> Wanted:
    """Return what a network of the list wants of a file; ``how`` goes to `Wanted`."""
    return Wanted(shapes(network.state_dict()), entry.head, entry.trunk, entry.name, **how)
