"""Which layers a user's patterns mean; knows names only, no tensors."""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from biofm_desktop.engine.faults import Fault


def matches(pattern: str, name: str) -> bool:
    """Say whether a shell-style pattern means a layer: by its own name, or by that of a part that holds it."""
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[:n]), pattern) for n in range(1, len(parts) + 1))


def only_head_trained(names: Iterable[str], frozen: Collection[str]) -> bool:
    """Say whether something is frozen and all that is trained lies in one part of the network."""
    return bool(frozen) and len({name.split(".")[0] for name in names if name not in frozen}) == 1


def frozen_names(names: Sequence[str], freeze: Iterable[str], train_only: Iterable[str] = ()) -> set[str]:
    """Return the layers that stay as they are: those that ``freeze`` means, and all that ``train_only`` does not.

    Raises `Fault` for a pattern that means no layer, and where nothing would be left to train.
    """
    freeze, train_only = tuple(freeze), tuple(train_only)
    for pattern in (*freeze, *train_only):
        if not any(matches(pattern, name) for name in names):
            near = ", ".join(dict.fromkeys(name.split(".")[0] for name in names))
            raise Fault(
                f"pattern {pattern!r}",
                "it means no layer of this model",
                f"The model has the parts {near}; 'biofm list layers' prints all names",
            )
    frozen = {name for name in names if any(matches(pattern, name) for pattern in freeze)}
    if train_only:
        frozen |= {name for name in names if not any(matches(pattern, name) for pattern in train_only)}
    if names and frozen == set(names):
        raise Fault("frozen layers", "no layer is left to train", "Leave at least the last layer free")
    return frozen
