"""What a record of Biopython gives: its letters, their alphabet, and the features that lie within them."""

from typing import Any

from biofm_desktop.engine.samples import Feature, Problem

from .alphabet import guess
from .entry import Entry, shown

_NAMES = ("gene", "label", "locus_tag", "product", "note", "standard_name", "organism", "description")


class quiet:  # noqa: N801 - a context manager used like a function
    """Turn Biopython's warnings into one problem of the file."""

    def __init__(self, entry: Entry, problems: list[Problem]) -> None:
        import warnings

        self._entry, self._problems = entry, problems
        self._catch = warnings.catch_warnings(record=True)

    def __enter__(self) -> None:
        import warnings

        self._met = self._catch.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, *error: Any) -> None:
        self._catch.__exit__(*error)
        messages = dict.fromkeys(" ".join(str(w.message).split())[:200] for w in self._met or ())
        if messages:
            told = "; ".join(list(messages)[:3])
            self._problems.append(Problem(self._entry.name, f"a feature or line of it is doubtful: {told}"))


def letters_of(record: Any) -> str:
    from Bio.Seq import UndefinedSequenceError

    try:
        return str(record.seq).upper()
    except UndefinedSequenceError:
        return ""


def alphabet_of(record: Any, letters: str) -> str:
    kind = str(record.annotations.get("molecule_type", "")).lower()
    if "protein" in kind:
        return "protein"
    found = guess([letters])
    return found if found != "protein" or not kind else "rna" if "rna" in kind and "U" in letters else "dna"


def features_of(entry: Entry, record: Any, length: int, problems: list[Problem]) -> tuple[Feature, ...]:
    """Return the features that lie within the sequence, the whole record's ``source`` left out."""
    features = []
    for found in record.features:
        name = _name_of(found)
        where = f"feature {found.type} {name}".rstrip()
        parts = list(found.location.parts) if found.location is not None else []
        elsewhere = [str(part.ref) for part in parts if part.ref]
        if elsewhere:
            message = (
                f"{where} lies in another record ({', '.join(elsewhere[:3])}), which was not fetched; it was left out"
            )
            problems.append(Problem(entry.name, message))
        elif not parts:
            problems.append(Problem(entry.name, f"{where} has no readable location and was left out"))
        elif found.type != "source" and length:
            ends = sorted((int(part.start), int(part.end)) for part in parts)
            start, end = ends[0][0], max(last for _, last in ends)
            if start == end:
                problems.append(
                    Problem(entry.name, f"{where} lies between two letters ({start}^{start + 1}); it was left out")
                )
                continue
            if start < 0 or end > length or start > end:
                message = (
                    f"{where} at {start + 1}..{end} lies outside the sequence of {length} letters; it was left out"
                )
                problems.append(Problem(entry.name, message))
                continue
            strand = found.location.strand or 0
            features.append(Feature(start, end, found.type, name, strand, None, tuple(ends) if len(ends) > 1 else ()))
    return tuple(features)


def _name_of(feature: Any) -> str:
    for qualifier in _NAMES:
        if values := feature.qualifiers.get(qualifier):
            return shown(str(values[0])[:200])
    return ""
