"""How much memory a training will need, predicted from the rows of its layers (pure values)."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from .base import Layer

#: Bytes of one weight, of its gradient, and of Adam's two moments: all are float32.
WEIGHT, GRADIENT, MOMENTS = 4, 4, 8


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes that a training needs, by what they are for."""

    weights: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        """Return all of it, in bytes."""
        return self.weights + self.gradients + self.optimiser + self.activations


def training_memory(layers: Sequence[Layer], frozen: Set[str], batch_size: int) -> MemoryNeed:
    """Return what training needs when the layers named in ``frozen`` stay as they are.

    ``layers`` are in the order of the data's way. Nothing is kept for the backward pass before the first layer that
    learns; of that part only the two largest neighbours lie in memory at once.
    """
    learning = [layer.parameters > 0 and layer.name not in frozen for layer in layers]
    first = learning.index(True) if True in learning else len(layers)
    kept = sum(layer.activation_bytes for layer in layers[first:])
    passed = [layer.activation_bytes for layer in layers[:first]]
    passing = max((a + b for a, b in zip([0, *passed], passed)), default=0)
    trained = sum(layer.parameters for layer, learns in zip(layers, learning) if learns)
    return MemoryNeed(
        weights=WEIGHT * sum(layer.parameters for layer in layers),
        gradients=GRADIENT * trained,
        optimiser=MOMENTS * trained,
        activations=batch_size * max(kept, passing),
    )


def as_text(size: float) -> str:
    """Return a number of bytes as people read it: ``3.4 GB``, ``120 MB``, ``12 kB``."""
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
