"""Sequences of high identity: found by the short words they share, then aligned."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.events import Progress
from biofm_desktop.engine.samples import ALPHABETS, SequenceSample

from .leak import Clock, Compared, Kind, Leak, earlier

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WORD = {"dna": 8, "rna": 8, "protein": 5}
_SHORT, _SHORT_WORD = 40, 5
_LONGEST = 100_000  # letters; longer ones are compared whole only
_LARGEST = 25_000_000  # cells of an alignment; beyond, identity is estimated from the words shared
_SURE = 0.4  # share of the words expected at the wanted identity from which on two sequences are aligned
_TRIED, _BLOCK = 10, 128
_COMPLEMENT = {"dna": str.maketrans("ACGT", "TGCA"), "rna": str.maketrans("ACGU", "UGCA")}


def sequence_leaks(
    samples: Sequence[SequenceSample], identity: float, clock: Clock
) -> Iterator[Leak | Progress | Compared]:
    """Give for each held-out sequence one of an earlier split that it is identical to by this share of its letters.

    Both strands of DNA and RNA are compared. A sequence that lies in a longer one is found; two that overlap are not.
    """
    short = min((len(sample) for sample in samples), default=0) < _SHORT
    word = min(_WORD[samples[0].alphabet], _SHORT_WORD if short else 99) if samples else 0
    table = _words(samples, word)
    left = 0
    for held, before in earlier([sample.split for sample in samples]):
        for start in range(0, len(held) if before else 0, _BLOCK):
            block = held[start : start + _BLOCK]
            if clock.over():
                left += len(block)
                continue
            for place, candidates in _candidates(table, block, before, identity**word):
                if clock.over():
                    break
                for other, shared in candidates:
                    likeness = _identity(samples[other], samples[place], shared ** (1 / word), identity)
                    if likeness >= identity:
                        one, two = samples[other], samples[place]
                        yield Leak(Kind.SEQUENCE, one.key, one.split, two.key, two.split, round(likeness, 3))
                        break
            yield Progress(start + len(block), len(held), "Comparing sequences")
    yield Compared(len(samples) - left)


def _words(samples: Sequence[SequenceSample], word: int) -> "csr_matrix":
    """Return which words (columns) each sequence (row) holds; a word and its opposite strand count as one."""
    from scipy.sparse import csr_matrix

    found = [_codes(sample, word) for sample in samples]
    rows = np.repeat(np.arange(len(samples)), [len(codes) for codes in found])
    met, columns = np.unique(np.concatenate([*found, np.zeros(0, np.int64)]), return_inverse=True)
    ones = np.ones(len(rows), np.float32)
    return csr_matrix((ones, (rows, columns)), shape=(len(samples), max(len(met), 1)))


def _codes(sample: SequenceSample, word: int) -> NDArray[np.int64]:
    """Return the different words of a sequence as numbers; words with an unknown letter are left out."""
    if len(sample) < word or len(sample) > _LONGEST:
        return np.zeros(0, np.int64)
    codes, known = _numbers(sample.letters, sample.alphabet, word)
    complement = _COMPLEMENT.get(sample.alphabet)
    if complement is not None:
        opposite, _ = _numbers(sample.letters.translate(complement)[::-1], sample.alphabet, word)
        codes = np.minimum(codes, opposite[::-1])
    return np.unique(codes[known])


def _numbers(letters: str, alphabet: str, word: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    indices = ALPHABETS[alphabet].indices(letters).astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(indices, word)
    base = len(ALPHABETS[alphabet].letters)
    codes = (windows - 1) @ base ** np.arange(word - 1, -1, -1, dtype=np.int64)
    return np.asarray(codes, np.int64), np.asarray(windows.min(axis=1) > 0)


def _candidates(
    table: "csr_matrix", block: list[int], before: list[int], expected: float
) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """Give for each sequence of a block those worth aligning, the most alike first, with the share of words shared."""
    others = np.array(before)
    sizes = np.asarray(table.sum(axis=1)).ravel()
    shared = (table[block] @ table[others].T).tocsr()
    for row, place in enumerate(block):
        stretch = slice(shared.indptr[row], shared.indptr[row + 1])
        found = others[shared.indices[stretch]]
        share = shared.data[stretch] / np.maximum(np.minimum(sizes[found], sizes[place]), 1)
        worth = np.flatnonzero(share >= _SURE * expected)
        worth = worth[np.argsort(-share[worth], kind="stable")][:_TRIED]
        yield place, [(int(found[i]), float(share[i])) for i in worth]


def _identity(one: SequenceSample, two: SequenceSample, estimate: float, wanted: float) -> float:
    """Return the share of letters that two sequences have in common, of the shorter one's, on the better strand."""
    if len(one) * len(two) > _LARGEST:
        return estimate
    likeness = _aligned(one.letters, two.letters)
    complement = _COMPLEMENT.get(one.alphabet)
    if likeness >= wanted or complement is None:
        return likeness
    return max(likeness, _aligned(one.letters, two.letters.translate(complement)[::-1]))


def _aligned(one: str, two: str) -> float:
    counts = _aligner().align(one, two)[0].counts()
    columns = counts.identities + counts.mismatches + counts.internal_gaps
    return float(counts.identities / max(columns, min(len(one), len(two))))


@cache
def _aligner() -> Any:
    from Bio.Align import PairwiseAligner

    aligner = PairwiseAligner(mode="global", match_score=1.0, mismatch_score=-1.0)
    aligner.open_gap_score, aligner.extend_gap_score, aligner.end_gap_score = -2.0, -0.5, 0.0
    return aligner
