"""The next batch made ready in a thread while a GPU works on this one."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from biofm_desktop.engine.tasks import Item

#: Makes items of these indices ready, each with a seed of its own.
Make = Callable[[Sequence[int], Sequence[int]], list[Item]]


class Ahead:
    """Guesses which items are asked for next; a wrong guess costs time, no more. Where there is no GPU it does not."""

    def __init__(self, make: Make, device: torch.device) -> None:
        self._make = make
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead") if device.type != "cpu" else None
        self._guess: tuple[tuple[Sequence[int], Sequence[int]], Future[list[Item]]] | None = None

    def items(self, chosen: Sequence[int], seeds: Sequence[int]) -> list[Item]:
        """Return the items, as the guess was or made now."""
        guess, self._guess = self._guess, None
        if guess is not None and guess[0] == (chosen, seeds):
            return guess[1].result()
        return self._make(chosen, seeds)

    def guess(self, following: Sequence[int], chance: torch.Generator, share: slice) -> None:
        """Begin with the items of the batch that follows, whose seeds ``chance`` will give; it is left as it is."""
        if self._thread is None or not following:
            return
        later = torch.Generator()
        later.set_state(chance.get_state())
        chosen, seeds = following[share], drawn(len(following), later)[share]
        self._guess = (chosen, seeds), self._thread.submit(self._make, chosen, seeds)


def drawn(count: int, chance: torch.Generator) -> list[int]:
    """Return a seed for each of so many items, so that it does not matter who makes it ready."""
    seeds: list[int] = torch.randint(2**62, (count,), generator=chance).tolist()
    return seeds
