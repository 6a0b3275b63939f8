"""A DNA, RNA or protein sequence with its features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import Sample


@dataclass(frozen=True)
class Alphabet:
    """The letters of a kind of sequence: ``letters`` have a column of their own, ``ambiguous`` ones (IUPAC) are legal
    and read as unknown."""

    name: str
    letters: str
    ambiguous: str

    def __contains__(self, letter: object) -> bool:
        return isinstance(letter, str) and letter in self.letters + self.ambiguous

    def fits(self, letters: str) -> bool:
        """Say whether every letter (upper case) is of this alphabet."""
        return set(letters) <= set(self.letters + self.ambiguous)

    def indices(self, letters: str) -> NDArray[np.uint8]:
        """Return for each letter its place in ``letters`` + 1, and 0 for ambiguous letters and gaps."""
        table: NDArray[Any] = np.zeros(256, np.uint8)
        for place, letter in enumerate(self.letters, 1):
            table[ord(letter)] = table[ord(letter.lower())] = place
        return np.asarray(table[np.frombuffer(letters.encode("latin-1", "replace"), np.uint8)])


#: IUPAC-IUB nomenclature (Nucleic Acids Res. 13, 3021, 1985; Eur. J. Biochem. 138, 9, 1984).
ALPHABETS: dict[str, Alphabet] = {
    "dna": Alphabet("dna", "ACGT", "RYSWKMBDHVN-."),
    "rna": Alphabet("rna", "ACGU", "RYSWKMBDHVN-."),
    "protein": Alphabet("protein", "ACDEFGHIKLMNPQRSTVWY", "BJOUXZ*-."),
}


@dataclass(frozen=True)
class Feature:
    """A named stretch: half-open from ``start`` (0-based) to ``end``; ``strand`` is 1, -1 or 0 for none.

    ``parts`` are the exons of a joined feature; empty where it is one piece.
    """

    start: int
    end: int
    kind: str
    name: str = ""
    strand: int = 0
    score: float | None = None
    parts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class SequenceSample(Sample):
    """Letters (upper case) of an alphabet (a key of `ALPHABETS`), with features."""

    letters: str
    alphabet: str = "dna"
    features: tuple[Feature, ...] = ()
    description: str = ""
    circular: bool = False

    def __len__(self) -> int:
        return len(self.letters)
