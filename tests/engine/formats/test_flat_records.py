"""EMBL, GenBank without letters, and XML of sequences."""

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.samples import SequenceSample, TrackSample
from tests.engine.formats.made import GENBANK

EMBL = """ID   MADE; SV 1; linear; genomic DNA; STD; SYN; 30 BP.
XX
AC   MADE;
XX
FH   Key             Location/Qualifiers
FH
FT   gene            3..12
FT                   /gene="one"
FT   CDS             complement(join(5..8,14..20))
FT                   /gene="two"
XX
SQ   Sequence 30 BP; 8 A; 8 C; 7 G; 7 T; 0 other;
     acgtacgtac gtacgtacgt acgtacgtac                                         30
//
"""
UNIPROT = (
    '<?xml version="1.0"?><uniprot xmlns="http://uniprot.org/uniprot"><entry dataset="Swiss-Prot" created="2020-01-01"'
    ' modified="2020-01-01" version="1"><accession>P1</accession><name>X</name><sequence length="{length}" mass="1"'
    ' checksum="0" modified="2020-01-01" version="1">MKVLWAALLV</sequence></entry></uniprot>'
)
SEQXML = (
    '<?xml version="1.0"?><seqXML seqXMLversion="0.4" source="x" sourceVersion="1"><entry id="a"><species name="x"'
    ' ncbiTaxID="1"/><description>one</description><DNAseq>ACGTACGTAC</DNAseq></entry></seqXML>'
)


def opened(path, text):
    path.write_text(text)
    return open_data([path])


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


@pytest.mark.parametrize("name", ["a.embl", "a.txt"])
def test_embl_gives_letters_and_features(tmp_path, name):
    dataset = opened(tmp_path / name, EMBL)
    (sample,) = dataset
    assert isinstance(sample, SequenceSample)
    assert (sample.key, len(sample), sample.alphabet) == ("MADE.1", 30, "dna")
    assert [(f.start, f.end, f.strand, f.parts) for f in sample.features] == [
        (2, 12, 1, ()),
        (4, 20, -1, ((4, 8), (13, 20))),
    ]
    assert not dataset.problems


@pytest.mark.parametrize(
    ("change", "word"),
    [(("30 BP.", "99 BP."), "length"), (("3..12", "3..99"), "outside"), (("//\n", ""), "//")],
)
def test_what_is_doubtful_in_embl_is_told(tmp_path, change, word):
    assert told(opened(tmp_path / "a.embl", EMBL.replace(*change)), word)


def test_a_letter_that_is_none_and_a_cut_record_are_refused(tmp_path):
    with pytest.raises(Fault, match="line 13"):
        opened(tmp_path / "a.embl", EMBL.replace("acgtacgtac gt", "acgt!cgtac gt"))
    with pytest.raises(Fault, match="truncated"):
        opened(tmp_path / "a.embl", EMBL[: EMBL.index("SQ ")])


@pytest.mark.parametrize("text", [GENBANK, EMBL], ids=["genbank", "embl"])
def test_a_record_without_letters_becomes_a_track_of_its_features(tmp_path, text):
    start = text.index("ORIGIN" if text is GENBANK else "SQ ")
    dataset = opened(tmp_path / "a.flat", text[:start] + "//\n")
    (track,) = dataset
    assert isinstance(track, TrackSample)
    assert (track.length, [(f.start, f.end) for f in track.features]) == (30, [(2, 12), (4, 20)])
    assert told(dataset, "no sequence")


def test_uniprot_and_seqxml_are_read(tmp_path):
    (protein,) = opened(tmp_path / "a.xml", UNIPROT.format(length=10))
    assert (protein.letters, protein.alphabet) == ("MKVLWAALLV", "protein")
    (dna,) = opened(tmp_path / "b.xml", SEQXML)
    assert (dna.key, dna.letters, dna.alphabet) == ("a", "ACGTACGTAC", "dna")


def test_a_length_that_is_not_true_is_told(tmp_path):
    assert told(opened(tmp_path / "a.xml", UNIPROT.format(length=999)), "999", "10")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('<!DOCTYPE u [<!ENTITY x SYSTEM "secret.txt">]><uniprot>&x;</uniprot>', "DTD"),
        ('<!DOCTYPE u SYSTEM "http://127.0.0.1:9/x.dtd"><uniprot/>', "DTD"),
        ("<a>" * 100_000, "nested"),
        ("<uniprot><entry>", "truncated"),
        ("<uniprot></entry>", "no sound XML"),
        ("<html/>", "html"),
        ("<uniprot/>", "no record"),
    ],
)
def test_harmful_and_strange_xml_is_refused(tmp_path, text, word):
    (tmp_path / "secret.txt").write_text("SECRET")
    with pytest.raises(Fault, match=word) as caught:
        opened(tmp_path / "a.xml", text)
    assert "SECRET" not in caught.value.message + caught.value.detail
