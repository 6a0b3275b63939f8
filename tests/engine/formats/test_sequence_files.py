"""FASTA, FASTQ, tables and GenBank."""

import gzip

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from tests.engine.formats.made import GENBANK


def wrote(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


@pytest.mark.parametrize("name", ["a.fasta", "a.fa.gz", "hidden.txt"])
def test_fasta_is_known_by_content_and_read_in_upper_case(tmp_path, name):
    dataset = open_data([wrote(tmp_path / name, ">one first of two\r\nacgt\r\nACGTACGTACGT\r\n>two\r\nNNNNGGGG\r\n")])
    assert [(s.key, s.letters, s.alphabet) for s in dataset] == [
        ("one", "ACGTACGTACGTACGT", "dna"),
        ("two", "NNNNGGGG", "dna"),
    ]
    assert dataset.samples[0].description == "one first of two"
    assert not dataset.problems


@pytest.mark.parametrize(
    ("letters", "alphabet"), [("ACGUACGUACGUACGUACGU", "rna"), ("MKVLWAALLVTFLAGCQAKV", "protein"), ("A", "dna")]
)
def test_the_alphabet_is_guessed_by_all_letters(tmp_path, letters, alphabet):
    assert open_data([wrote(tmp_path / "a.fa", f">x\n{letters}\n")]).samples[0].alphabet == alphabet


def test_a_strange_letter_is_told_by_record_position_and_letter(tmp_path):
    dataset = open_data([wrote(tmp_path / "a.fa", ">good\nACGTACGTACGTACGTACGT\n>bad\nACGTACJT\n")])
    assert [sample.key for sample in dataset] == ["good"]
    assert told(dataset, "bad", "'J'", "position 7")


def test_an_empty_sequence_is_told_and_left_out_and_one_letter_is_legal(tmp_path):
    dataset = open_data([wrote(tmp_path / "a.fa", ">none\n>one\nA\n>many\nACGTACGTACGTACGTACGTACGT\n")])
    assert [sample.letters for sample in dataset] == ["A", "ACGTACGTACGTACGTACGTACGT"]
    assert told(dataset, "empty", "none")


def test_a_name_that_occurs_twice_is_told_and_both_records_stay(tmp_path):
    dataset = open_data([wrote(tmp_path / "a.fa", ">a\nACGTACGTACGT\n>a\nTTTTTTTTTTTT\n")])
    assert [sample.key for sample in dataset] == ["a", "a_2"]
    assert told(dataset, "doubled", "a")


@pytest.mark.parametrize(
    ("text", "word"), [("", "empty"), ("\n\n", "no record"), ("ACGT\n", "header"), (">a\n", "empty")]
)
def test_a_file_without_a_sound_record_is_refused(tmp_path, text, word):
    with pytest.raises(Fault, match=word):
        open_data([wrote(tmp_path / "a.fasta", text)])


def test_a_packed_file_cut_short_is_refused(tmp_path):
    path = wrote(tmp_path / "a.fasta.gz", ">a\n" + "ACGT" * 999 + "\n")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(Fault, match=r"a\.fasta\.gz: it is truncated"):
        open_data([path])


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_table_gives_target_split_group_and_keeps_every_other_cell(tmp_path, separator):
    rows = ["id,sequence,label,split,patient,note", "x,acgtacgtac,1,training,p1,n", "y,GGGTTTAAAC,0,test,p2,"]
    path = wrote(tmp_path / ("a.tsv" if separator == "\t" else "a.csv"), "\n".join(rows).replace(",", separator))
    first, second = open_data([path]).samples
    assert (first.key, first.letters, first.target, first.split, first.group) == ("x", "ACGTACGTAC", "1", "train", "p1")
    assert first.columns == {"id": "x", "label": "1", "split": "training", "patient": "p1", "note": "n"}
    assert (second.target, second.split) == ("0", "test")


def test_the_one_column_left_is_the_target_and_numbers_stay_text(tmp_path):
    text = "sequence,expression,official,split\nACGTACGTAC,15.180,train,train\nGGGTTTAAAC,2,test,test\n"
    assert [sample.target for sample in open_data([wrote(tmp_path / "a.csv", text)])] == ["15.180", "2"]


def test_with_several_columns_that_could_be_it_there_is_no_target(tmp_path):
    text = "sequence,first,second\nACGTACGTAC,1,2\n"
    sample = open_data([wrote(tmp_path / "a.csv.gz", text)]).samples[0]
    assert (sample.target, sample.columns, sample.key) == (None, {"first": "1", "second": "2"}, "a_1")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sequence,label\nACGT,1,2\n", "line 2"),
        ('sequence,label\n"ACGT,1\n', "quote"),
        ("sequence,label\n", "row"),
    ],
)
def test_a_table_that_is_not_sound_is_refused_by_line(tmp_path, text, word):
    with pytest.raises(Fault, match=word):
        open_data([wrote(tmp_path / "a.csv", text)])


def test_an_encoding_that_is_not_utf_8_is_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("sequence,note\nACGTACGTAC,Müller\n".encode("latin-1"))
    dataset = open_data([path])
    assert dataset.samples[0].columns["note"] == "Müller"
    assert told(dataset, "encoding")


def test_genbank_gives_features_joins_strands_and_circles(tmp_path):
    sample = open_data([wrote(tmp_path / "a.gb", GENBANK)]).samples[0]
    assert (sample.key, len(sample), sample.alphabet, sample.circular) == ("MADE.1", 30, "dna", True)
    gene, cds = sample.features
    assert (gene.start, gene.end, gene.kind, gene.name, gene.strand, gene.parts) == (2, 12, "gene", "one", 1, ())
    assert (cds.start, cds.end, cds.strand, cds.parts) == (4, 20, -1, ((4, 8), (13, 20)))


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("3..12", "15..400", "feature"),
        ("3..12", "OTHER.1:1..5", "OTHER"),
        (" 30 bp", " 99 bp", "length"),
        ("\n//", "", "end"),
    ],
)
def test_what_is_doubtful_in_genbank_is_told(tmp_path, old, new, word):
    dataset = open_data([wrote(tmp_path / "a.gb", GENBANK.replace(old, new))])
    assert len(dataset.samples[0]) == 30
    assert told(dataset, word)


@pytest.mark.parametrize(
    ("old", "new", "word"), [("acgtacgtac gt", "acgt!?1234 gt", "line 11"), (GENBANK[200:], "", "truncated")]
)
def test_genbank_that_is_damaged_is_refused(tmp_path, old, new, word):
    with pytest.raises(Fault, match=word):
        open_data([wrote(tmp_path / "a.gb", GENBANK.replace(old, new))])


def test_fastq_keeps_the_mean_quality(tmp_path):
    sample = open_data([wrote(tmp_path / "a.fastq", "@r1 x\nACGTACGTACGTACGTACGTAC\n+\n" + "I" * 22 + "\n")]).samples[0]
    assert (sample.key, sample.columns["mean_quality"]) == ("r1", "40.0")


def test_a_read_as_long_as_other_qualities_is_refused_by_name(tmp_path):
    with pytest.raises(Fault, match="r1"):
        open_data([wrote(tmp_path / "a.fastq", "@r1\nACGT\n+\nIII\n")])
