"""Only the head is trained? Then the frozen trunk sees each picture a few times, not once an epoch.

A few augmented views of every item go through the trunk once; what comes out is kept and the head learns from that,
which turns minutes an epoch into a fraction of a second without a GPU.
"""

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.patterns import only_head_trained
from biofm_desktop.engine.samples import Grain
from biofm_desktop.engine.tasks import Item, Task

#: So many augmented views of an item are kept.
VIEWS = 4
_BATCH = 32


class _Reached(Exception):
    """The head is reached: the rest of the pass is not needed."""


class Trunk:
    """The frozen part of a network, up to the child ``head`` that holds all that is trained."""

    def __init__(self, network: nn.Module, head: nn.Module, device: torch.device) -> None:
        self.head, self._network, self._device = head, network, device

    def features(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return what the trunk makes of a batch: the head's input, on the CPU."""
        caught: list[Tensor] = []

        def catch(_: nn.Module, given: tuple[Any, ...]) -> None:
            caught.append(given[0])
            raise _Reached

        hook = self.head.register_forward_pre_hook(catch)
        training = self._network.training
        self._network.eval()
        try:
            with torch.no_grad():
                self._network(torch.stack(list(inputs)).to(self._device))
        except _Reached:
            pass
        finally:
            hook.remove()
            self._network.train(training)
        return caught[0].cpu()

    def seen(self, items: Sequence[Item]) -> list[Item]:
        """Return items as the trunk sees them, without chance."""
        made: list[Item] = []
        for start in range(0, len(items), _BATCH):
            part = [items[i] for i in range(start, min(start + _BATCH, len(items)))]
            made += [Item(x, item.target) for x, item in zip(self.features([i.inputs for i in part]), part)]
        return made


class Views:
    """Augmented views of the training items as the trunk sees them, each made when it is first asked for."""

    def __init__(self, trunk: Trunk, task: Task, items: Sequence[Item], seed: int) -> None:
        self._trunk, self._task, self._items, self._seed = trunk, task, items, seed
        self._kept: dict[tuple[int, int], Item] = {}

    def batch(self, indices: Sequence[int], epoch: int) -> list[Item]:
        """Return the items of these indices, in the epoch's turn of views."""
        view = epoch % VIEWS
        missing = [i for i in dict.fromkeys(indices) if (i, view) not in self._kept]
        if missing:
            fresh = [self._task.augment(self._items[i], self._chance(i, view)) for i in missing]
            for i, item, seen in zip(missing, fresh, self._trunk.features([item.inputs for item in fresh])):
                self._kept[i, view] = Item(seen.clone(), item.target)
        return [self._kept[i, view] for i in indices]

    def _chance(self, index: int, view: int) -> torch.Generator:
        """Return the chance of one view: its own, so that it is the same whenever it is made."""
        return torch.Generator().manual_seed((self._seed * VIEWS + view) * len(self._items) + index)


def frozen_trunk(
    network: nn.Module, task: Task, frozen: Collection[str], example: Item, device: torch.device
) -> Trunk | None:
    """Return the network's trunk where all that is trained lies in its last child; None where it does not.

    That the child is the last, and takes one tensor, is found out by trying it.
    """
    names = list(layer_modules(network))
    if task.grain is not Grain.SAMPLE or not only_head_trained(names, frozen):
        return None
    head = dict(network.named_children()).get(next(n for n in names if n not in frozen).split(".")[0])
    if head is None:
        return None
    trunk, training = Trunk(network, head, device), network.training
    try:
        network.eval()
        with torch.no_grad():
            same = torch.allclose(
                head(trunk.features([example.inputs]).to(device)), network(example.inputs[None].to(device)), atol=1e-4
            )
    except (IndexError, TypeError, AttributeError, RuntimeError):  # the head takes more than one tensor
        same = False
    finally:
        network.train(training)
    return trunk if same else None
