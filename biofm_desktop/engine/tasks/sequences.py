"""What the tasks on sequences share: letters to numbers, the window, scores along a long sequence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ALPHABETS, Dataset, SequenceSample

if TYPE_CHECKING:
    from torch import Tensor

_LONGEST = 2000
_COVERED = 99.0


def common_alphabet(dataset: Dataset) -> str:
    """Return the alphabet of all sequences; raise `Fault` where DNA and protein are mixed."""
    met = {s.alphabet for s in dataset if isinstance(s, SequenceSample)}
    if len(met) > 1:
        raise Fault(dataset.name, f"sequences of {' and '.join(sorted(met))} are mixed", "Open one kind at a time")
    return met.pop() if met else "dna"


def common_length(samples: Sequence[SequenceSample], wanted: int) -> int:
    """Return how many letters are fed: the wanted number, else enough for 99 % of the sequences, at most 2000."""
    lengths = [len(s) for s in samples] or [1]
    return wanted or min(_LONGEST, max(8, int(np.ceil(np.percentile(lengths, _COVERED)))))


def letter_indices(letters: str, alphabet: str, length: int) -> "Tensor":
    """Return (length,) int64: place in the alphabet + 1, 0 for unknown letters and for padding.

    Of longer sequences the middle is left out: both ends are kept.
    """
    from torch import from_numpy

    if len(letters) > length:
        letters = letters[: length - length // 2] + letters[len(letters) - length // 2 :]
    indices: NDArray[Any] = np.zeros(length, np.int64)
    indices[: len(letters)] = ALPHABETS[alphabet].indices(letters)
    return from_numpy(indices)


def check_alphabet(sample: SequenceSample, alphabet: str) -> None:
    """Raise `Fault` where a sequence is of another alphabet than the model's."""
    if sample.alphabet != alphabet and not ALPHABETS[alphabet].fits(sample.letters):
        bad = next(i for i, letter in enumerate(sample.letters) if letter not in ALPHABETS[alphabet])
        raise Fault(
            sample.key,
            f"the letter {sample.letters[bad]!r} is not of the {alphabet} alphabet that the model reads",
            "Open sequences of that alphabet or choose another model",
            place=f"letter {bad + 1}",
        )
