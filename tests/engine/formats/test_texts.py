"""Plain text, CoNLL, JSON lines and tables of texts."""

import json

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.samples import Span, TextSample


def opened(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_data([path])


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


def test_a_note_is_kept_letter_for_letter(tmp_path):
    dataset = opened(tmp_path / "a.txt", "Fever.\r\nNo pain, α.\n")
    (sample,) = dataset
    assert isinstance(sample, TextSample)
    assert sample.text == "Fever.\r\nNo pain, α.\n"
    assert not dataset.problems


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"fever \xff\xfe\x80", "encoding"),
        (b"fever\0\0hidden\0", "3 NUL"),
        (b"A" * 20_000, "too long"),
        ("fe\u200bver \u202eabc".encode(), "2 hidden"),
        ("p\u0430in".encode(), "another script"),
        (b"born 01/01/1970, MRN 12345", "personal"),
    ],
)
def test_what_is_odd_about_a_text_is_told_without_quoting_it(tmp_path, text, word):
    dataset = opened(tmp_path / "a.txt", text)
    assert told(dataset, "a.txt", word)
    assert not told(dataset, "12345")


def test_places_stay_where_nul_bytes_are(tmp_path):
    assert opened(tmp_path / "a.txt", b"fever\0\0end").samples[0].text == "fever\u2400\u2400end"


@pytest.mark.parametrize("text", [b"\x00\x01\x02\x03\x04" * 50, b"   \n\n"])
def test_what_is_no_text_is_refused(tmp_path, text):
    with pytest.raises(Fault, match=r"a\.txt"):
        opened(tmp_path / "a.txt", text)


@pytest.mark.parametrize("name", ["a.conll", "a.tsv", "a.txt"])
def test_conll_joins_words_and_marks_entities(tmp_path, name):
    dataset = opened(tmp_path / name, "Severe\tB-S\nfever\tI-S\nand\tO\nrash\tB-S\n\nNone\tO\n")
    first, second = dataset
    assert (first.text, second.text) == ("Severe fever and rash", "None")
    assert first.spans == (Span(0, 12, "S"), Span(17, 21, "S"))
    assert not dataset.problems


def test_odd_tags_are_told_by_line(tmp_path):
    dataset = opened(tmp_path / "a.conll", "fever I-S\nand O\npain X\n. I-D\n")
    assert told(dataset, "line 1", "line 4", "I-")
    assert told(dataset, "line 3", "'X'")
    assert [span.label for span in dataset.samples[0].spans] == ["S", "D"]


def test_rows_of_other_columns_are_refused_by_line(tmp_path):
    with pytest.raises(Fault, match=r"a\.conll, line 2"):
        opened(tmp_path / "a.conll", "fever B-S\nand\n")


def test_json_lines_keep_spans_that_lie_in_the_text(tmp_path):
    lines = [{"text": "🤒 fever", "spans": [[2, 7, "S"], [5, 99, "S"], [4, 2, "S"], [-1, 2, "S"]]}, {"text": None}]
    dataset = opened(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)) + "\nnot json\n")
    (sample,) = dataset
    assert [sample.text[span.start : span.end] for span in sample.spans] == ["fever"]
    assert told(dataset, "3 of 4 spans", "line 1, span 2")
    assert told(dataset, "2 of 3 lines", "line 2", "line 3")


def test_a_table_of_texts_gives_targets_and_names_the_rows_that_are_shifted(tmp_path):
    dataset = opened(tmp_path / "a.csv", 'note,label\n"fever, pain",1\nfever, pain,1\n"two\nlines",0\n')
    assert [(sample.text, sample.target) for sample in dataset] == [("fever, pain", "1"), ("two\nlines", "0")]
    assert told(dataset, "line 3")


def test_notes_beside_other_data_are_not_opened(tmp_path):
    (tmp_path / "README.txt").write_text("About these sequences.\n")
    (tmp_path / "a.fasta").write_text(">a\nACGTACGTACGTACGTACGTACGT\n")
    dataset = open_data([tmp_path])
    assert [sample.key for sample in dataset] == ["a"]
    assert not dataset.problems
