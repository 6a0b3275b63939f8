"""A network's answers to a task's items, without gradients."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from biofm_desktop.engine.samples import Grain
from biofm_desktop.engine.tasks import Item, Task

from .tiling import each_window


def answers(
    network: nn.Module, task: Task, items: Sequence[Item], device: torch.device, batch_size: int
) -> Iterator[tuple[int, Tensor, Tensor | None]]:
    """Give (index, compact answer on the CPU, loss) for each item in order; the loss is None where there is no target.

    The network is in eval mode meanwhile.
    """
    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield from (
                _by_picture(network, task, items, device)
                if task.grain is Grain.PIXEL
                else _by_batch(network, task, items, device, batch_size)
            )
    finally:
        network.train(training)


def _by_batch(
    network: nn.Module, task: Task, items: Sequence[Item], device: torch.device, size: int
) -> Iterator[tuple[int, Tensor, Tensor | None]]:
    for start in range(0, len(items), size):
        part = [items[i] for i in range(start, min(start + size, len(items)))]
        output = network(torch.stack([item.inputs for item in part]).to(device))
        for i, (item, answer) in enumerate(zip(part, output)):
            loss = None if item.target is None else task.loss(answer[None], item.target[None].to(device))
            yield start + i, task.compact(answer.float().cpu()), loss


def _by_picture(
    network: nn.Module, task: Task, items: Sequence[Item], device: torch.device
) -> Iterator[tuple[int, Tensor, Tensor | None]]:
    for i in range(len(items)):
        item = items[i]
        height, width = item.inputs.shape[-2:]
        whole, losses = torch.zeros(height, width, dtype=torch.uint8), []

        def feed(down: slice, across: slice, inputs: Tensor = item.inputs) -> Tensor:
            return inputs[:, down, across]

        for (down, across), logits in each_window(network, (height, width), feed, device):
            whole[down, across] = task.compact(logits).cpu()
            if item.target is not None:
                losses.append(task.loss(logits[None], item.target[None, down, across].to(device)))
        yield i, whole, torch.stack(losses).mean() if losses else None
