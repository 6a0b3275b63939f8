"""Common choices of what learns, made from the rows of a network's layers (pure values)."""

from collections.abc import Callable, Sequence

from .base import Layer


def norms_and_biases(layers: Sequence[Layer], head: str) -> set[str]:
    """Return what is frozen so that the head, the norms and all biases learn."""
    return _only(layers, head, whole=lambda layer: "Norm" in layer.kind)


def bitfit(layers: Sequence[Layer], head: str) -> set[str]:
    """Return what is frozen so that the head and all biases learn (BitFit, Ben Zaken et al., arXiv 2106.10199)."""
    return _only(layers, head, whole=lambda _: False)


def gradual(blocks: Sequence[str], every: int) -> tuple[str, ...]:
    """Return when each block opens, the last first, one in so many epochs; the head learns from the start."""
    return tuple(f"{name}@{1 + every * (place + 1)}" for place, name in enumerate(reversed(blocks)))


def _only(layers: Sequence[Layer], head: str, whole: Callable[[Layer], bool]) -> set[str]:
    frozen: set[str] = set()
    for layer in layers:
        if layer.name == head or layer.name.startswith(f"{head}.") or whole(layer):
            continue
        still = [part for part in layer.tensors if not part.startswith("bias")]
        frozen |= {layer.name} if len(still) == len(layer.tensors) else {f"{layer.name}.{part}" for part in still}
    return frozen
