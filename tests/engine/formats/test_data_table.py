"""Tables of numbers and words."""

import pickle

import numpy as np
import pytest

from biofm_desktop.engine.formats import inspect, open_data
from biofm_desktop.engine.samples import TableSample, cells_of
from tests.engine.formats.made import png


def wrote(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def columns(tmp_path, text, ending="csv"):
    dataset = open_data([wrote(tmp_path / f"a.{ending}", text)])
    return dataset.samples[0].table.named, " ".join(map(str, dataset.problems))


def test_a_row_is_a_sample_with_its_roles_and_cells(tmp_path):
    text = "id,age,patient,label,split\np001,34,07,sick,train\np002,,08,well,test\np003,1.5,08,well,val\n"
    dataset = open_data([wrote(tmp_path / "a.csv", text)])
    first, second, _ = dataset.samples
    assert dataset.kind is TableSample
    assert (first.key, first.target, first.group, first.split) == ("p001", "sick", "07", "train")
    assert second.cells == {"id": "p002", "age": None, "patient": "08", "label": "well", "split": "test"}
    assert first.numbers().tolist() == [34.0]
    assert first.table is second.table
    assert cells_of(first)["age"] == "34"
    assert not any("age" in str(problem) for problem in dataset.problems)


def test_names_that_look_like_numbers_stay_as_written(tmp_path):
    named, _ = columns(tmp_path, "code,barcode,x\n00123,9007199254740993,1\n123,9007199254740992,2\n")
    assert named["code"] == ("00123", "123")
    assert named["barcode"] == ("9007199254740993", "9007199254740992")
    assert isinstance(named["x"], np.ndarray)


@pytest.mark.parametrize(
    ("cells", "told", "kept"),
    [
        (("5", "five"), "line 3", ("5", "five")),
        (("5", "NA"), "missing", None),
        (("NA", "TP53"), "missing", ("NA", "TP53")),
        (("2-Sep", "TP53"), "date", ("2-Sep", "TP53")),
        (('"1,234"', "12.345"), "thousands", ("1,234", "12.345")),
        (("inf", "1"), "infinite", None),
        (("1e999", "1"), "infinite", None),
    ],
)
def test_what_can_be_read_in_two_ways_is_told(tmp_path, cells, told, kept):
    named, problems = columns(tmp_path, "x,y\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells)))
    assert told in problems
    assert isinstance(named["x"], np.ndarray) if kept is None else named["x"] == kept


def test_decimal_commas_are_read_where_semicolons_part_the_cells(tmp_path):
    named, problems = columns(tmp_path, "x;dose\na;3,5\nb;4,25\n")
    assert np.asarray(named["dose"]).tolist() == [3.5, 4.25]
    assert "decimal" in problems
    assert columns(tmp_path, "x;n\na;1,234\nb;5,678\n")[0]["n"] == ("1,234", "5,678")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x,label\n1,0\n2,0\n", "one class"),
        ("x,label\n1,0\n2,0\n3,1\n", "one row"),
        ("x,label,copy\n1,a,0\n2,b,1\n3,a,0\n4,b,1\n", "copy"),
        ("x,y\n1,2\n1,2\n", "lines 2 and 3"),
        ("x,label\n1,a\n1,b\n2,a\n2,b\n", "another label"),
        ("x,age,age\n1,2,3\n", "age"),
    ],
)
def test_what_spoils_learning_is_told(tmp_path, text, told):
    assert told in columns(tmp_path, text)[1]


def test_a_sound_table_opens_without_a_word(tmp_path):
    assert columns(tmp_path, "id,x,label\na,1,0\nb,2,1\nc,3,0\nd,4,1\n")[1] == ""


def test_inspect_tells_its_shape_and_first_name(tmp_path):
    told = inspect(wrote(tmp_path / "a.tsv", "id\tage\np001\t3\np002\t4\n"))
    assert told["verdict"] == "opened"
    assert told["value"]["shape"] == [2, 2]
    assert told["value"]["first_id"] == "p001"


def test_tables_beside_sequences_are_about_them(tmp_path):
    wrote(tmp_path / "a.csv", "id,age\n" + "".join(f"p{i},{i}\n" for i in range(9)))
    wrote(tmp_path / "a.fasta", ">one\nACGTACGTACGT\n")
    assert [sample.key for sample in open_data([tmp_path])] == ["one"]


def test_rows_share_their_columns_and_take_little_memory(tmp_path):
    rows = "".join(f"cell{i},{i % 97}.5,{i % 5},{'ab'[i % 2]}\n" for i in range(20_000))
    dataset = open_data([wrote(tmp_path / "a.csv", "id,x,y,kind\n" + rows)])
    assert len({id(sample.table) for sample in dataset if isinstance(sample, TableSample)}) == 1
    assert len(pickle.dumps(dataset.samples[0])) < 20_000 * 50


def test_a_table_beside_images_that_it_does_not_name_stays_a_table(tmp_path):
    png(tmp_path / "images/a.png")
    png(tmp_path / "labels/a.png")
    dataset = open_data([wrote(tmp_path / "clinic.csv", "id,age\np1,3\np2,4\n")])
    assert dataset.kind is TableSample
    assert not dataset.problems
