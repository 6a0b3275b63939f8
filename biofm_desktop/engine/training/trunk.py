"""Only the head is trained? Then the frozen trunk sees each picture a few times, not once an epoch.

A few augmented views of every item go through the trunk once; what comes out is kept and the head learns from that,
which turns minutes an epoch into a fraction of a second without a GPU.
"""

from collections.abc import Collection, Sequence
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.patterns import only_head_trained
from biofm_desktop.engine.samples import Grain
from biofm_desktop.engine.tasks import Item, Task

from .room import Room, parts_of

_BATCH = 32
#: So much of the free memory may hold what the trunk made; what does not fit is made again each time.
_SHARE_OF_MEMORY = 0.4


class _Reached(Exception):
    """The head is reached: the rest of the pass is not needed."""


class Trunk:
    """The frozen part of a network: all before its child ``name``, and the first ``start`` modules of that child.

    What follows is the ``head``, which holds all that is trained.
    """

    def __init__(self, network: nn.Module, name: str, start: int, device: torch.device) -> None:
        self._name, self._start = name, start
        self.head = self.head_of(network)
        self._network, self._device = network, device

    def head_of(self, network: nn.Module) -> nn.Module:
        """Return the head of a network of this kind, such as one with averaged weights."""
        child = network.get_submodule(self._name)
        return child[self._start :] if self._start and isinstance(child, nn.Sequential) else child

    def features(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return what the trunk makes of a batch: the head's input, on the CPU."""
        caught: list[Tensor] = []

        def catch(_: nn.Module, given: tuple[Any, ...]) -> None:
            caught.append(given[0])
            raise _Reached

        # A part of a child is no module that is called: its first module is.
        hook = (self.head[0] if self._start else self.head).register_forward_pre_hook(catch)  # type: ignore[index]
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

    def seen(self, items: Sequence[Item], room: Room) -> list[Item]:
        """Return items as the trunk sees them, without chance."""
        made: list[Item] = []
        for start in range(0, len(items), _BATCH):
            part = [items[i] for i in range(start, min(start + _BATCH, len(items)))]
            made += [Item(x, item.target) for x, item in zip(self.within(part, room), part)]
        return made

    def within(self, items: Sequence[Item], room: Room) -> Tensor:
        """Return the features of items, so many at once as memory holds."""

        def look(part: int) -> Tensor:
            return torch.cat([self.features([i.inputs for i in items[w]]) for w in parts_of(len(items), part)])

        return room.attempt(look)


class Views:
    """Augmented views of the training items as the trunk sees them, each made when it is first asked for.

    Of a single view it is the items as they are. Those for which there is no memory are made again each time.
    """

    def __init__(self, trunk: Trunk, task: Task, items: Sequence[Item], seed: int, views: int, room: Room) -> None:
        self._trunk, self._task, self._items, self._seed = trunk, task, items, seed
        self._count, self._room = views, room
        self._kept: dict[tuple[int, int], Item] = {}
        self._left = int(psutil.virtual_memory().available * _SHARE_OF_MEMORY)

    def batch(self, indices: Sequence[int], epoch: int) -> list[Item]:
        """Return the items of these indices, in the epoch's turn of views."""
        view, made = epoch % self._count, dict[int, Item]()
        missing = [i for i in dict.fromkeys(indices) if (i, view) not in self._kept]
        if missing:
            fresh = [self._view(i, view) for i in missing]
            for i, item, seen in zip(missing, fresh, self._trunk.within(fresh, self._room)):
                made[i] = Item(seen.clone(), item.target)
                if (left := self._left - seen.nbytes) >= 0:
                    self._kept[i, view], self._left = made[i], left
        return [self._kept.get((i, view)) or made[i] for i in indices]

    def _view(self, index: int, view: int) -> Item:
        item = self._items[index]
        if self._count == 1:
            return item
        # Its own chance, so that the view is the same whenever it is made.
        chance = torch.Generator().manual_seed((self._seed * self._count + view) * len(self._items) + index)
        return self._task.augment(item, chance)


def frozen_trunk(
    network: nn.Module, task: Task, frozen: Collection[str], example: Item, device: torch.device
) -> Trunk | None:
    """Return the network's trunk where all that is trained lies in its last child; None where it does not.

    Frozen layers at the begin of that child, where it is a row of modules, belong to the trunk as well. That the child
    is the last, and takes one tensor, is found out by trying it.
    """
    names = list(layer_modules(network))
    if task.grain is not Grain.SAMPLE or not only_head_trained(names, frozen):
        return None
    top = next(n for n in names if n not in frozen).split(".")[0]
    if top not in dict(network.named_children()):
        return None
    trunk = Trunk(network, top, _frozen_first(network.get_submodule(top), top, frozen), device)
    training = network.training
    try:
        network.eval()
        with torch.no_grad():
            same = torch.allclose(
                trunk.head(trunk.features([example.inputs]).to(device)),
                network(example.inputs[None].to(device)),
                atol=1e-4,
            )
    except (IndexError, TypeError, AttributeError, RuntimeError):  # the head takes more than one tensor
        same = False
    finally:
        network.train(training)
    return trunk if same else None


def _frozen_first(child: nn.Module, name: str, frozen: Collection[str]) -> int:
    """Return how many modules of a row come before the first that is trained: up to the dropout that is its own."""
    if not isinstance(child, nn.Sequential):
        return 0
    start = 0
    for place, (part, module) in enumerate(child.named_children()):
        names = {f"{name}.{part}" if own == "(network)" else f"{name}.{part}.{own}" for own in layer_modules(module)}
        if names - set(frozen):
            return start
        if names or (start == place and not isinstance(module, nn.Dropout)):
            start = place + 1
    return 0
