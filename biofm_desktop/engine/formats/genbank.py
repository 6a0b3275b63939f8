"""GenBank: sequences with their features, also joined ones, strands and circles."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Feature, Problem, SequenceSample

from .alphabet import checked, guess
from .base import Format
from .entry import Entry, faults_of
from .table import decode, is_text

_LONGEST_LOCATION = 20_000
_DEEPEST = 20
_NAMES = ("gene", "label", "locus_tag", "product", "note", "standard_name", "organism")
_COPY = "Get a sound copy of it"


class GenBank(Format):
    """GenBank flat files; a feature that cannot be placed is left out with a problem."""

    name, title, takes = "genbank", "GenBank records with features", SequenceSample
    suffixes = (".gb", ".gbk", ".genbank", ".gbff")

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first word is LOCUS, or the ending is there."""
        return head.lstrip().startswith(b"LOCUS ") or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[SequenceSample]:
        """Give the sound records."""
        text = _text(entry, problems)
        records = []
        for number, record in enumerate(_split(entry, text, problems), 1):
            with faults_of(entry):
                records.append(self._sample(entry, record, number, problems))
        yield from checked(records, entry.name, problems)

    def _sample(self, entry: Entry, text: str, number: int, problems: list[Problem]) -> SequenceSample:
        from Bio import SeqIO

        if "\nORIGIN" not in text and "\nCONTIG" not in text:
            text = text.removesuffix("//\n") + "ORIGIN\n//\n"  # without it Biopython loses the features too
        _check_locations(entry, text)
        _check_letters(entry, text)
        with _quiet(entry, problems):
            record = SeqIO.read(StringIO(text), "genbank")
        key = record.id if record.id and record.id != "<unknown id>" else f"{entry.stem}_{number}"
        letters = _letters(record)
        if not letters:
            problems.append(Problem(entry.name, f"record {key} has no sequence (no letters under ORIGIN)"))
        claimed = re.match(r"LOCUS\s+\S+\s+(\d+)\s", text)
        if letters and claimed and int(claimed[1]) != len(letters):
            message = (
                f"record {key} claims a length of {int(claimed[1]):,}, its sequence has a length of {len(letters):,}"
            )
            problems.append(Problem(entry.name, message))
        return SequenceSample(
            key=key,
            source=entry.source,
            letters=letters,
            alphabet=_alphabet(record, letters),
            features=_features(entry, record, len(letters), problems),
            description=record.description[:1000],
            circular=record.annotations.get("topology") == "circular",
        )


def _text(entry: Entry, problems: list[Problem]) -> str:
    data = entry.read_bytes()
    if not is_text(data[:4096]) or b"LOCUS" not in data[:100_000]:
        raise Fault(entry.name, "it is not GenBank: no LOCUS line is there", "Choose another file")
    return decode(entry, data, problems).replace("\r\n", "\n").replace("\r", "\n")


def _split(entry: Entry, text: str, problems: list[Problem]) -> Iterator[str]:
    """Give the text of each record; one that is cut before its sequence ends the reading."""
    *whole, rest = re.split(r"^//[ \t]*$", text, flags=re.MULTILINE)
    for record in whole:
        yield record.lstrip() + "//\n"
    if not rest.strip():
        return
    if "\nORIGIN" not in rest:
        raise Fault(entry.name, "it is truncated (cut short) before its sequence", _COPY)
    problems.append(Problem(entry.name, "the // at the end of the last record is missing; it may be cut"))
    yield rest.lstrip() + "\n//\n"


def _check_locations(entry: Entry, text: str) -> None:
    """Raise `Fault` for a location that would hang or break the parser."""
    table = text[text.find("\nFEATURES") : text.find("\nORIGIN")]
    for match in re.finditer(r"^     \S+ +([^/]*?)(?=^     \S|^ +/|\Z)", table, re.MULTILINE):
        location = match[1]
        if len(location) > _LONGEST_LOCATION or location.count("(") > 2000 or "(" * _DEEPEST in location:
            raise Fault(entry.name, "a location of a feature is too long to be one", _COPY)
        deep = re.match(rf"(?:[a-z]+\(){{{_DEEPEST},}}", location)
        if deep or location.count("(") != location.count(")"):
            raise Fault(entry.name, "a location of a feature is nested too deep or never closed", _COPY)


def _check_letters(entry: Entry, text: str) -> None:
    start = text.find("\nORIGIN")
    if start < 0:
        return
    for number, line in enumerate(text[start + 1 :].split("\n")[1:], text[: start + 1].count("\n") + 2):
        if line.startswith("//"):
            return
        if strange := re.search(r"[^A-Za-z\s*.-]", re.sub(r"^\s*\d+", "", line)):
            fault = f"{strange[0]!r} is no letter of a sequence"
            raise Fault(entry.name, fault, _COPY, place=f"line {number}")


class _quiet:  # noqa: N801 - a context manager used like a function
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


def _letters(record: Any) -> str:
    from Bio.Seq import UndefinedSequenceError

    try:
        return str(record.seq).upper()
    except UndefinedSequenceError:
        return ""


def _alphabet(record: Any, letters: str) -> str:
    kind = str(record.annotations.get("molecule_type", "")).lower()
    if "protein" in kind:
        return "protein"
    found = guess([letters])
    return found if found != "protein" or not kind else "rna" if "rna" in kind and "U" in letters else "dna"


def _features(entry: Entry, record: Any, length: int, problems: list[Problem]) -> tuple[Feature, ...]:
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
            return str(values[0])[:200]
    return ""
