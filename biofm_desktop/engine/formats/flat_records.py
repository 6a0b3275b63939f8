"""Flat files of annotated sequences (GenBank, EMBL): one careful reader around Biopython's parser."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any, ClassVar

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Feature, Problem, Sample, SequenceSample, TrackSample

from .alphabet import checked
from .base import Format
from .biopython_records import alphabet_of, features_of, letters_of, quiet
from .entry import Entry
from .table import decode, is_text
from .text_lines import COPY

_LONGEST_LOCATION = 20_000
_DEEPEST = 20


class FlatRecords(Format):
    """Records that end in ``//``; a feature that cannot be placed is left out with a problem.

    ``parser`` is Biopython's name of the format, ``first`` the word a record begins with, ``origin`` that of the line
    before its letters, ``length`` finds the length that a record claims, ``feature`` the start of a feature's line.
    """

    parser: ClassVar[str]
    called: ClassVar[str]
    first: ClassVar[str]
    origin: ClassVar[str]
    elsewhere: ClassVar[str]
    length: ClassVar[str]
    feature: ClassVar[str]
    takes = SequenceSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the first word is that of a record, or the ending is there."""
        return head.lstrip().startswith(f"{self.first} ".encode()) or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[Sample]:
        """Give the sound records; where none has letters, their features as tracks."""
        text = self._text(entry, problems)
        found: list[SequenceSample | TrackSample] = []
        for number, record in enumerate(self._split(entry, text, problems), 1):
            found.append(self._sample(entry, record, number, problems))
        sequences = [sample for sample in found if isinstance(sample, SequenceSample)]
        bare = [sample for sample in found if isinstance(sample, TrackSample)]
        for sample in bare:
            what = "it was left out" if sequences else f"its {len(sample):,} features are opened as a track"
            problems.append(Problem(entry.name, f"record {sample.key} has no sequence (no letters); {what}"))
        yield from checked(sequences, entry.name, problems) if sequences else bare

    def _sample(self, entry: Entry, text: str, number: int, problems: list[Problem]) -> SequenceSample | TrackSample:
        from Bio import SeqIO

        if f"\n{self.origin}" not in text and f"\n{self.elsewhere}" not in text:
            text = self._with_origin(text)  # without it Biopython loses the features too
        self._check_locations(entry, text)
        self._check_letters(entry, text)
        try:
            with quiet(entry, problems):
                record = SeqIO.read(StringIO(text), self.parser)
        except Exception as error:
            fault = f"it is no sound {self.called}: its lines are not as they must be"
            raise Fault(entry.name, fault, COPY, place=f"record {number}", detail=repr(error)) from error
        key = record.id if record.id and record.id != "<unknown id>" else f"{entry.stem}_{number}"
        letters, claimed = letters_of(record), self._claimed(text)
        if not letters:
            features = features_of(entry, record, claimed, problems)
            return TrackSample(
                key=key, reference=key, source=entry.source, features=features, cells=({},) * len(features),
                length=claimed or None,
            )  # fmt: skip
        if claimed and claimed != len(letters):
            message = f"record {key} claims a length of {claimed:,}, its sequence has a length of {len(letters):,}"
            problems.append(Problem(entry.name, message))
        return SequenceSample(
            key=key,
            source=entry.source,
            letters=letters,
            alphabet=alphabet_of(record, letters),
            features=self._features(entry, record, letters, problems),
            description=record.description[:1000],
            circular=record.annotations.get("topology") == "circular",
        )

    def _features(self, entry: Entry, record: Any, letters: str, problems: list[Problem]) -> tuple[Feature, ...]:
        return features_of(entry, record, len(letters), problems)

    def _claimed(self, text: str) -> int:
        found = re.match(self.length, text[:500])
        return int(found[1]) if found and len(found[1]) < 15 else 0

    def _with_origin(self, text: str) -> str:
        return text.removesuffix("//\n") + f"{self.origin}\n//\n"

    def _text(self, entry: Entry, problems: list[Problem]) -> str:
        data = entry.read_bytes()
        if not is_text(data[:4096]) or self.first.encode() not in data[:100_000]:
            raise Fault(
                entry.name, f"it is not {self.called}: no {self.first.strip()} line is there", "Choose another file"
            )
        return decode(entry, data, problems).replace("\r\n", "\n").replace("\r", "\n")

    def _split(self, entry: Entry, text: str, problems: list[Problem]) -> Iterator[str]:
        """Give the text of each record; one that is cut before its sequence ends the reading."""
        *whole, rest = re.split(r"^//[ \t]*$", text, flags=re.MULTILINE)
        for record in whole:
            yield record.lstrip() + "//\n"
        if not rest.strip():
            return
        if f"\n{self.origin}" not in rest:
            raise Fault(entry.name, "it is truncated (cut short) before its sequence", COPY)
        problems.append(Problem(entry.name, "the // at the end of the last record is missing; it may be cut"))
        yield rest.strip() + "\n//\n"

    def _check_locations(self, entry: Entry, text: str) -> None:
        """Raise `Fault` for a location that would hang or break the parser."""
        end = text.find(f"\n{self.origin}")
        table = text[: end if end >= 0 else len(text)]
        more = self.feature[:2]
        pattern = rf"^{self.feature}\S+ +([^/]*?)(?=^{self.feature}\S|^{more} +/|^(?!{more})|\Z)"
        for match in re.finditer(pattern, table, re.MULTILINE):
            location = match[1]
            if len(location) > _LONGEST_LOCATION or location.count("(") > 2000 or "(" * _DEEPEST in location:
                raise Fault(entry.name, "a location of a feature is too long to be one", COPY)
            deep = re.match(rf"(?:[a-z]+\(){{{_DEEPEST},}}", location)
            if deep or location.count("(") != location.count(")"):
                raise Fault(entry.name, "a location of a feature is nested too deep or never closed", COPY)

    def _check_letters(self, entry: Entry, text: str) -> None:
        start = text.find(f"\n{self.origin}")
        if start < 0:
            return
        for number, line in enumerate(text[start + 1 :].split("\n")[1:], text[: start + 1].count("\n") + 2):
            if line.startswith("//"):
                return
            if strange := re.search(r"[^A-Za-z\s*.-]", re.sub(r"^\s*\d+|\s\d+\s*$", "", line)):
                fault = f"{strange[0]!r} is no letter of a sequence"
                raise Fault(entry.name, fault, COPY, place=f"line {number}")
