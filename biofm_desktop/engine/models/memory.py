"""How much memory a training will need, predicted from the rows of its layers (pure values)."""

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

from .base import Layer

#: Bytes of a weight or its gradient (float32), and of Adam's two moments.
FLOAT, MOMENTS = 4, 8
#: What the libraries keep for themselves while they compute (measured: tests/benchmarks/bench_estimate.py).
_AROUND = 20_000_000


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes that a training needs, by what they are for."""

    weights: int
    gradients: int
    optimiser: int
    activations: int
    working: int = 0

    @property
    def total(self) -> int:
        """Return all of it, in bytes."""
        return self.weights + self.gradients + self.optimiser + self.activations + self.working


def training_memory(layers: Sequence[Layer], frozen: Set[str], batch_size: int) -> MemoryNeed:
    """Return what training needs when the layers and tensors named in ``frozen`` stay as they are.

    ``layers`` are in the order of the data's way. Nothing is kept for the backward pass before the first layer that
    learns; behind it all is. What is worked on lies in memory besides: what the largest layer takes and gives, twice
    where it is a convolution, whose library turns both. Fused optimisers move the weights where they are.
    """
    learnt = [trained_of(layer, frozen) for layer in layers]
    first = next((place for place, count in enumerate(learnt) if count), len(layers))
    kept = sum(layer.activation_bytes for layer in layers[first:])
    passed = [0, *(FLOAT * math.prod(layer.shape) for layer in layers)]
    turned = [2 if layer.kind.startswith("Conv") else 1 for layer in layers]
    passing = max((n * (taken + given) for n, taken, given in zip(turned, passed, passed[1:])), default=0)
    return MemoryNeed(
        weights=FLOAT * sum(layer.parameters for layer in layers),
        gradients=FLOAT * sum(learnt),
        optimiser=MOMENTS * sum(learnt),
        activations=batch_size * kept,
        working=batch_size * passing + (_AROUND if layers else 0),
    )


def trained_of(layer: Layer, frozen: Set[str]) -> int:
    """Return how many weights of a layer learn."""
    if layer.name in frozen:
        return 0
    return layer.parameters - sum(size for part, size in layer.tensors.items() if f"{layer.name}.{part}" in frozen)


def as_text(size: float) -> str:
    """Return a number of bytes as people read it: ``3.4 GB``, ``120 MB``, ``12 kB``."""
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
