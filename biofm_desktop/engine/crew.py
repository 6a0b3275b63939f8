"""Which devices a training is to use, and how many processes that takes: known before torch is imported."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .faults import Fault
from .ranks import world_size

_MOST = 1024
_WAY_OUT = "Give a number of processes, such as 2, or devices of one kind, such as cuda:0,cuda:1"


@dataclass(frozen=True)
class Crew:
    """So many processes (``count``), each on a device of this kind; ``cards`` are the GPUs' numbers, if stated."""

    kind: str
    count: int = 1
    cards: tuple[int, ...] = ()

    @property
    def device(self) -> str:
        """Return the device of this process: of several processes each finds its own among those it may see."""
        return f"{self.kind}:{self.cards[0]}" if self.cards and world_size() == 1 else self.kind

    @property
    def environment(self) -> dict[str, str]:
        """Return what processes must be told in their environment so that they see the stated GPUs only."""
        if not self.cards:
            return {}
        seen = [word for word in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if word]
        if seen and max(self.cards) >= len(seen):
            raise Fault(f"device cuda:{max(self.cards)}", f"only {len(seen)} GPUs are lent to this program", _WAY_OUT)
        return {"CUDA_VISIBLE_DEVICES": ",".join(seen[card] if seen else str(card) for card in self.cards)}


def crew_of(device: str, devices: Sequence[str]) -> Crew:
    """Return what the options ``device`` and ``devices`` ask for; raise `Fault` where they make no sense."""
    words = [str(word).strip().lower() for word in devices]
    if not words:
        return Crew(device)
    if len(words) == 1 and words[0].isdecimal():
        if not 1 <= int(words[0]) <= _MOST:
            raise _fault(devices, f"{words[0]} is no number of processes")
        return Crew(device, int(words[0]))
    found = [re.fullmatch(r"(cpu|cuda|mps)(?::(\d+))?", word) for word in words]
    for word, match in zip(words, found):
        if match is None:
            raise _fault(devices, f"{word!r} is no device")
    matches = [match for match in found if match is not None]
    kinds = {match[1] for match in matches}
    if len(kinds) > 1:
        raise _fault(devices, "devices of several kinds cannot learn together")
    kind = kinds.pop()
    if kind == "mps" and len(words) > 1:
        raise _fault(devices, "a Mac has one such device")
    if kind != "cuda":
        return Crew(kind, len(words))
    cards = tuple(int(match[2] or 0) for match in matches)
    if len(set(cards)) < len(cards):
        raise _fault(devices, "a GPU is named twice")
    return Crew(kind, len(cards), cards)


def _fault(devices: Sequence[str], fault: str) -> Fault:
    return Fault(f"option --devices {','.join(map(str, devices))}", fault, _WAY_OUT)
