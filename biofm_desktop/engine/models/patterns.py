"""Which layers a user's patterns mean; knows names only, no tensors."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from biofm_desktop.engine.faults import Fault


def matches(pattern: str, name: str) -> bool:
    """Say whether a shell-style pattern means a layer: by its own name, or by that of a part that holds it."""
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[:n]), pattern) for n in range(1, len(parts) + 1))


def only_head_trained(names: Iterable[str], frozen: Collection[str]) -> bool:
    """Say whether something is frozen and all that is trained lies in one part of the network."""
    return bool(frozen) and len({name.split(".")[0] for name in names if name not in frozen}) == 1


def frozen_names(
    names: Sequence[str],
    freeze: Iterable[str],
    train_only: Iterable[str] = (),
    tensors: Mapping[str, Sequence[str]] | None = None,
) -> set[str]:
    """Return what stays as it is: what ``freeze`` means, and all that ``train_only`` does not.

    ``tensors`` are the parameters of each layer; with them a pattern may also mean single ones (``*.bias``). A layer of
    which all stays is told by its name, its statistics included; else the tensors that stay by theirs
    (``layer.tensor``). Raises `Fault` for a pattern that means nothing, and where nothing would be left to train.
    """
    freeze, train_only, tensors = tuple(freeze), tuple(train_only), tensors or {}
    for pattern in (*freeze, *train_only):
        if not any(_means(pattern, name, part) for name in names for part in ("", *tensors.get(name, ()))):
            near = ", ".join(dict.fromkeys(name.split(".")[0] for name in names))
            raise Fault(
                f"pattern {pattern!r}",
                "it means no layer of this model",
                f"The model has the parts {near}; 'biofm list layers' prints all names",
            )

    frozen = _whole(names, tensors, lambda name, part: any(_means(p, name, part) for p in freeze))
    if train_only:
        frozen |= _whole(names, tensors, lambda name, part: not any(_means(p, name, part) for p in train_only))
    frozen = {name for name in frozen if name in tensors or name in names or name.rpartition(".")[0] not in frozen}
    if names and frozen >= set(names):
        raise Fault("frozen layers", "no layer is left to train", "Leave at least the last layer free")
    return frozen


def meant(names: Sequence[str], patterns: Iterable[str], tensors: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the layers, and tensors of layers, that patterns mean; none for one that means nothing."""
    patterns = tuple(patterns)
    return _whole(names, tensors, lambda name, part: any(_means(pattern, name, part) for pattern in patterns))


def _whole(names: Sequence[str], tensors: Mapping[str, Sequence[str]], holds: Callable[[str, str], bool]) -> set[str]:
    """Return the layers for which it holds of all tensors, else the tensors for which it does."""
    found: set[str] = set()
    for name in names:
        parts = tensors.get(name, ()) or ("",)
        some = [part for part in parts if holds(name, part)]
        found |= {name} if len(some) == len(parts) else {f"{name}.{part}" for part in some}
    return found


def _means(pattern: str, name: str, part: str) -> bool:
    """Say whether a pattern means a tensor of a layer (``part`` empty: the layer itself)."""
    return matches(pattern, name) or (bool(part) and fnmatchcase(f"{name}.{part}", pattern))
