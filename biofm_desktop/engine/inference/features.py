"""What a network makes of its inputs before its head: the features by which samples are alike or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def head_inputs(network: nn.Module, head: str) -> Iterator[list[Tensor]]:
    """Catch inside the block what the layer ``head`` takes, a tensor (B, ...) a pass.

    The list is the reader's to empty. Nothing is caught of a network that has no such layer.
    """
    caught: list[Tensor] = []

    def catch(_: nn.Module, given: tuple[Any, ...]) -> None:
        if given and isinstance(given[0], Tensor):
            caught.append(given[0].detach())

    layer = dict(network.named_modules()).get(head)
    hook = layer.register_forward_pre_hook(catch) if layer is not None else None
    try:
        yield caught
    finally:
        if hook is not None:
            hook.remove()


def pooled(caught: list[Tensor], output: Tensor) -> Tensor:
    """Return a vector a sample, (B, D) float32 on the CPU, of what was caught (emptied), else of the output itself.

    Maps over pixels or letters are averaged.
    """
    seen = caught[-1] if caught else output
    caught.clear()
    flat = seen.flatten(2).mean(-1) if seen.ndim > 2 else seen
    return flat.float().cpu()
