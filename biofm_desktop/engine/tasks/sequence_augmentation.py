"""Sequences changed by chance while training: the other strand, other letters, another start.

Chance comes from the generator that is handed over and from nowhere else; what is off draws nothing from it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import option
from biofm_desktop.engine.samples import ALPHABETS

from .augmentation import GROUP
from .base import Task

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class SequenceAugmentation(Task):
    """A task on sequences; 0 leaves a change out. Raises `Fault` for the other strand of a protein."""

    dropped: float = option(
        0.1,
        "Letters hidden",
        low=0,
        high=0.5,
        help="Share of letters hidden at random while training: guards against learning by heart",
        group=GROUP,
    )
    reverse_complement: bool = option(
        False,
        "Reverse complement",
        help="Half the sequences are read from the other strand: where both strands mean the same. Not for proteins",
        group=GROUP,
    )
    mutation: float = option(
        0.0, "Mutation", low=0, high=0.5, help="Share of letters that become any letter", group=GROUP
    )
    move: int = option(
        0, "Shift", low=0, high=1000, unit="letters", help="Moved by up to so many letters either way", group=GROUP
    )

    alphabet: str = "dna"

    def __post_init__(self) -> None:
        if self.reverse_complement and self.alphabet == "protein":
            raise Fault("option --reverse-complement", "a protein has no other strand", "Leave it out for proteins")


def changed(letters: "Tensor", task: SequenceAugmentation, generator: "Generator") -> "Tensor":
    """Return (length,) int64 of letters (0: unknown or padding), changed as the task's options say."""
    from torch import rand, randint

    if task.reverse_complement and rand(1, generator=generator) < 0.5:
        letters = other_strand(letters)
    if task.move:
        letters = moved(letters, int(randint(-task.move, task.move + 1, (1,), generator=generator)))
    if task.mutation:
        there = (rand(letters.shape, generator=generator) < task.mutation) & (letters > 0)
        size = len(ALPHABETS[task.alphabet].letters)
        letters = randint(1, size + 1, letters.shape, generator=generator).where(there, letters)
    return letters * (rand(letters.shape, generator=generator) >= task.dropped)


def other_strand(letters: "Tensor") -> "Tensor":
    """Return the reverse complement; the padding stays at the end."""
    known = letters.nonzero()
    length = int(known[-1]) + 1 if len(known) else 0
    turned = letters.clone()
    strand = letters[:length].flip(0)
    turned[:length] = (5 - strand).where(strand > 0, strand)  # A and T, C and G add up to 5 in their alphabets
    return turned


def moved(letters: "Tensor", by: int) -> "Tensor":
    """Return the letters moved to the right by so many places; what is left free is unknown."""
    from torch import zeros_like

    found, size = zeros_like(letters), len(letters)
    if abs(by) < size:
        found[max(0, by) : size + min(0, by)] = letters[max(0, -by) : size - max(0, by)]
    return found
