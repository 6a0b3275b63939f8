"""Items that are made when they are asked for."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload

from .base import Item


class ItemSequence(Sequence[Item]):
    """A sequence of which subclasses say how long it is and how an item is made."""

    @abstractmethod
    def item(self, index: int) -> Item:
        """Return the item of this index, from 0."""

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            return [self.item(i) for i in range(*index.indices(len(self)))]
        return self.item(range(len(self))[index])
