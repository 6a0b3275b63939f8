"""How many samples go through the network at once: fewer once memory ran out, while the effective batch stays."""

import gc
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import torch

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.devices import ran_out_of_memory

T = TypeVar("T")
#: So often the part is halved before the training gives up.
MOST_HALVED = 2


class Room:
    """The largest part of a batch that memory holds; ``told`` collects what the user should hear of it."""

    def __init__(self, part: int) -> None:
        self.part, self.told = part, list[str]()
        self._whole, self._halved = part, 0

    def attempt(self, act: Callable[[int], T]) -> T:
        """Return what ``act`` gives for a part of this size; where memory runs out, free it and try with half.

        Raises `Fault` where that does not help; any other error of ``act`` is passed on.
        """
        while True:
            try:
                return act(self.part)
            except (RuntimeError, MemoryError) as error:
                if not ran_out_of_memory(error):
                    raise
                words = str(error)
            if self._halved == MOST_HALVED or self.part <= 1:
                raise Fault(
                    "training",
                    f"there is not enough memory, even for {self.part} samples at once",
                    "Freeze more layers, take smaller pictures or crops, a smaller model or a smaller batch",
                    detail=words,
                )
            self._halve()

    def _halve(self) -> None:
        self._halved += 1
        self.part = -(-self.part // 2)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self.told.append(
            f"Memory ran out: from here {self.part} samples go through at once instead of {self._whole}. Their "
            "gradients are added up, so that a step still learns from as many as before"
        )


def parts_of(count: int, most: int) -> list[slice]:
    """Return equal parts of ``count`` items, of about ``most`` each; none of a single item: batch norm needs two."""
    number = max(1, min(-(-count // most), count // 2))
    edges = [round(i * count / number) for i in range(number + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]
