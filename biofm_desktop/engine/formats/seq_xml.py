"""XML of sequences: SeqXML and UniProt, by Biopython, once the XML is known to be harmless."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, SequenceSample

from .alphabet import checked, guess
from .base import Format
from .biopython_records import features_of, letters_of, quiet
from .entry import Entry, shown
from .left_out import quoted
from .text_lines import COPY
from .xml_safe import local, xml_root

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PARSERS = {"seqXML": "seqxml", "uniprot": "uniprot-xml"}
_MOST = 500_000_000  # bytes
_KINDS = {"DNA": "dna", "RNA": "rna", "protein": "protein"}


class SeqXml(Format):
    """Entries of SeqXML or UniProt XML; any other XML is told apart by name."""

    name, title, suffixes, takes = "seqxml", "Sequences in XML (SeqXML, UniProt)", (".xml", ".seqxml"), SequenceSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it begins as XML does, under the ending of XML or with a root that is known."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        known = any(f"<{root}".encode() in head for root in _PARSERS)
        return start.startswith(b"<") and (known or entry.suffix in self.suffixes)

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[SequenceSample]:
        """Give the sound entries; raise `Fault` for a DTD before anything is done with it."""
        from Bio import SeqIO

        data = entry.read_bytes(_MOST)
        root = xml_root(entry, data)
        parser = _PARSERS.get(local(root.tag))
        if parser is None:
            fault = f"it is XML of a kind that is not opened (its first element is {quoted(local(root.tag))})"
            raise Fault(entry.name, fault, "SeqXML, UniProt XML and Pascal VOC can be opened")
        try:
            with quiet(entry, problems):
                records = list(SeqIO.parse(BytesIO(data), parser))
        except Exception as error:
            fault = f"an entry is not as {local(root.tag)} must be"
            raise Fault(entry.name, fault, COPY, detail=repr(error)) from error
        if not records:
            raise Fault(entry.name, "it holds no record", "Choose another file")
        _check_lengths(entry, root, problems)
        words = [letters_of(record) for record in records]
        guessed = guess(words)
        samples = [
            SequenceSample(
                key=shown(str(record.id)),
                source=entry.source,
                letters=letters,
                alphabet=_KINDS.get(str(record.annotations.get("molecule_type")), guessed),
                features=features_of(entry, record, len(letters), problems),
                description=shown(str(record.description)[:1000]),
            )
            for record, letters in zip(records, words)
        ]
        yield from checked(samples, entry.name, problems)


def _check_lengths(entry: Entry, root: "Element", problems: list[Problem]) -> None:
    """Tell where an entry claims another length than its sequence has."""
    for place, element in enumerate((e for e in root.iter() if local(e.tag) == "sequence"), 1):
        claimed, letters = element.get("length", ""), len("".join((element.text or "").split()))
        if letters and claimed and claimed != str(letters):
            message = f"entry {place} claims a length of {quoted(claimed)}, its sequence has a length of {letters:,}"
            problems.append(Problem(entry.name, message))
