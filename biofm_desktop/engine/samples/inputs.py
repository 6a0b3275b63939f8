"""What a network is fed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InputSpec:
    """``channels`` (or letters of the alphabet), and the size of the other axes: (Y, X) or (length,).

    ``scaling`` says how image values arrive: ``unit`` [0, 1], ``symmetric`` [-1, 1] or ``imagenet`` (less the mean of
    ImageNet, over its deviation).
    """

    channels: int
    size: tuple[int, ...]
    scaling: str = "unit"
