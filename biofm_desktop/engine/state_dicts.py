"""Where files of weights keep their names and tensors: under which keys trainers nest them."""

from collections.abc import Mapping
from typing import Any

#: Keys under which a state dict is nested. Averaged weights (EMA) come first: they are the better ones.
_HOLDERS = (
    "state_dict_ema",
    "model_ema",
    "ema_state_dict",
    "ema",
    "state_dict",
    "model_state_dict",
    "model",
    "teacher",
    "student",
    "network",
    "net",
    "backbone",
    "encoder",
)


def unnested(found: Any) -> Any:
    """Return the innermost dictionary that a checkpoint nests its state dict in; what is none stays as it is."""
    while isinstance(found, Mapping):
        inner = next((found[name] for name in _HOLDERS if isinstance(found.get(name), Mapping) and found[name]), None)
        if inner is None:
            break
        found = inner
    return found
