"""Which alphabet the letters of a file are of, and which letters are not of it."""

from collections.abc import Iterable, Sequence

from biofm_desktop.engine.samples import ALPHABETS, Problem, SequenceSample

_GAPS = "-."
_SHOWN = 5
_TOO_FEW, _TELLING = 20, 10  # letters
_NUCLEIC = str.maketrans("", "", "ACGTUN")


def guess(sequences: Iterable[str]) -> str:
    """Return ``dna``, ``rna`` or ``protein`` by all the letters (upper case) of a file.

    Nucleic where at least nine of ten letters are A, C, G, T, U or N; RNA where it has U and no T.
    """
    letters = nucleic = uracil = thymine = 0
    for sequence in sequences:
        letters += len(sequence) - sum(sequence.count(gap) for gap in _GAPS)
        uracil += sequence.count("U")
        thymine += sequence.count("T")
        nucleic += sum(sequence.count(letter) for letter in "ACGTUN")
    if nucleic < 0.9 * letters:
        return "protein"
    return "rna" if uracil and not thymine else "dna"


def doubts(records: Sequence[tuple[str, str]], alphabet: str) -> list[str]:
    """Return what a user should know of the guess: too few letters to tell, or records of another kind."""
    if alphabet != "protein":
        few = 0 < sum(len(letters) for _, letters in records) < _TOO_FEW
        return [f"its few letters fit protein as well; they were taken as {alphabet.upper()}"] if few else []
    nucleic = [name for name, letters in records if len(letters) >= _TELLING and not letters.translate(_NUCLEIC)]
    if not nucleic:
        return []
    return [f"{len(nucleic)} records look like DNA among protein: {_some(nucleic)}; all were taken as protein"]


def first_strange(letters: str, alphabet: str) -> tuple[int, str] | None:
    """Return place (from 1) and letter of the first letter outside an alphabet; None where there is none."""
    known = ALPHABETS[alphabet].letters + ALPHABETS[alphabet].ambiguous
    if not letters.encode("latin-1", "replace").translate(None, known.encode()):
        return None
    return next((place, letter) for place, letter in enumerate(letters, 1) if letter not in known)


def checked(samples: Sequence[SequenceSample], file: str, problems: list[Problem]) -> list[SequenceSample]:
    """Return the samples that are sound; those without letters or with strange ones become problems."""
    sound: list[SequenceSample] = []
    strange: list[str] = []
    empty: list[str] = []
    for sample in samples:
        if not sample.letters:
            empty.append(sample.key)
        elif found := first_strange(sample.letters, sample.alphabet):
            strange.append(f"{sample.key}: letter {found[1]!r} at position {found[0]}")
        else:
            sound.append(sample)
    gaps = [sample.key for sample in sound if any(gap in sample.letters for gap in _GAPS)]
    if gaps:
        message = f"{len(gaps)} sequences hold gaps (- or .), which positions count: {_some(gaps)}"
        problems.append(Problem(file, message))
    if empty:
        problems.append(Problem(file, f"{len(empty)} sequences are empty and were left out: {_some(empty)}"))
    if strange:
        kind = next(sample.alphabet for sample in samples).upper() if samples else ""
        message = (
            f"{len(strange)} sequences have a letter outside the {kind} alphabet and were left out: {_some(strange)}"
        )
        problems.append(Problem(file, message))
    return sound


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
