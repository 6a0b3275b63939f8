"""Find a pattern of IUPAC letters, a piece of the sequence at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault

#: Letters searched in one go: some milliseconds.
PIECE = 1 << 19
#: More hits than this help nobody; the search stops there.
MOST_HITS = 100_000

_NUCLEOTIDES = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "TU",
    "U": "TU",
    "R": "AG",
    "Y": "CTU",
    "S": "CG",
    "W": "ATU",
    "K": "GTU",
    "M": "AC",
    "B": "CGTUSYK",
    "D": "AGTURWK",
    "H": "ACTUMYW",
    "V": "ACGMRS",
    "N": "ACGTURYSWKMBDHVN",
    "-": "-",
    ".": ".",
}
_NUCLEOTIDES |= {letter: _NUCLEOTIDES[letter] + letter for letter in "RYSWKMBDHV"}
_AMINO_ACIDS = {letter: letter for letter in "ACDEFGHIKLMNOPQRSTUVWY*-."} | {
    "B": "DNB",
    "Z": "EQZ",
    "J": "ILJ",
    "X": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
_COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVN", "TGCAAYRSWMKVHDBN")


def complement(letters: str, alphabet: str = "dna") -> str:
    """Return the letters of the other strand below each letter (not reversed)."""
    other = letters.upper().translate(_COMPLEMENT)
    return other.replace("T", "U") if alphabet == "rna" else other


@dataclass(frozen=True)
class Pattern:
    """Letters to look for, upper case; on both strands where ``both`` is set and the alphabet has two."""

    letters: str
    alphabet: str
    both: bool = False

    @classmethod
    def parse(cls, text: str, alphabet: str, both: bool = False) -> "Pattern":
        """Read what a user typed or pasted; blanks and numbers are dropped. Raises `Fault` on an unknown letter."""
        letters = "".join(sign for sign in text.upper() if not (sign.isspace() or sign.isdigit()))
        codes = _AMINO_ACIDS if alphabet == "protein" else _NUCLEOTIDES
        for letter in letters:
            if letter not in codes:
                kind = "amino acids" if alphabet == "protein" else "nucleotides"
                raise Fault("The search", f"“{letter}” is no letter of {kind}", "Use the IUPAC letters")
        return cls(letters, alphabet, both and alphabet != "protein")

    def strands(self) -> tuple[tuple[int, str], ...]:
        """Return (strand, letters) to look for; a pattern that reads the same on both strands comes once."""
        reverse = complement(self.letters, self.alphabet)[::-1]
        same = reverse.replace("U", "T") == self.letters.replace("U", "T")
        return ((1, self.letters), (-1, reverse)) if self.both and not same else ((1, self.letters),)


def hits(codes: NDArray[np.uint8], pattern: Pattern) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int8]]]:
    """Give for one piece of the sequence after the other the starts of all hits (overlapping ones too) and strands."""
    size = len(pattern.letters)
    if not size:
        return
    tables = [(strand, _tables(letters, pattern.alphabet)) for strand, letters in pattern.strands()]
    for start in range(0, len(codes) - size + 1, PIECE):
        piece = codes[start : start + PIECE + size - 1]
        found = [_starts(piece, table) for _, table in tables]
        starts = np.concatenate(found)
        strands = np.concatenate(
            [np.full(len(some), strand, np.int8) for some, (strand, _) in zip(found, tables, strict=True)]
        )
        order = np.argsort(starts, kind="stable")
        yield starts[order] + start, strands[order]


def _tables(letters: str, alphabet: str) -> list[NDArray[np.bool_]]:
    codes = _AMINO_ACIDS if alphabet == "protein" else _NUCLEOTIDES
    tables = []
    for letter in letters:
        table = np.zeros(256, np.bool_)
        fitting = codes[letter] + codes[letter].lower()
        table[np.frombuffer(fitting.encode("ascii"), np.uint8)] = True
        tables.append(table)
    return tables


def _starts(piece: NDArray[np.uint8], tables: list[NDArray[np.bool_]]) -> NDArray[np.int64]:
    count = len(piece) - len(tables) + 1
    # The rarest letters first: after a few of them so few places are left that the rest costs nothing.
    order = sorted(range(len(tables)), key=lambda offset: int(tables[offset].sum()))
    dense, sparse = order[:2], order[2:]
    mask = tables[dense[0]][piece[dense[0] : dense[0] + count]]
    for offset in dense[1:]:
        mask &= tables[offset][piece[offset : offset + count]]
    starts = np.flatnonzero(mask)
    for offset in sparse:
        starts = starts[tables[offset][piece[starts + offset]]]
    return starts
