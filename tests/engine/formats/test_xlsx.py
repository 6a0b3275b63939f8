"""Excel workbooks."""

import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data


def book(path, *rows, more=()):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for name, state in more:
        made.create_sheet(name).sheet_state = state
    made.save(path)
    return path


def opened(path):
    dataset = open_data([path])
    return dataset.samples, " ".join(map(str, dataset.problems))


def test_the_rows_of_the_first_sheet_are_samples(tmp_path):
    rows = [
        ["id", "age", "day", "label"],
        ["a", 3, date(2024, 5, 1), "x"],
        ["b", 4.5, None, "y"],
        [],
        ["c", None, None, "x"],
    ]
    samples, told = opened(book(tmp_path / "a.xlsx", *rows))
    assert [sample.key for sample in samples] == ["a", "b", "c"]
    assert samples[0].cells == {"id": "a", "age": 3.0, "day": "2024-05-01", "label": "x"}
    assert samples[2].cells["age"] is None
    assert "y" in told  # a class of one row


def test_formulae_are_not_worked_out_and_their_missing_value_is_told(tmp_path):
    samples, told = opened(book(tmp_path / "a.xlsx", ["x", "y"], [1, "=A2*2"], [2, "=A3*2"]))
    assert samples[0].cells == {"x": 1.0, "y": None}
    assert "2 formulae have no saved value" in told


def test_other_sheets_and_hidden_ones_are_told(tmp_path):
    _, told = opened(book(tmp_path / "a.xlsx", ["x"], [1], more=[("second", "visible"), ("secret", "hidden")]))
    assert "second" in told
    assert "hidden sheets" in told
    assert "secret" in told


def test_macros_and_links_to_other_files_are_told(tmp_path):
    path = book(tmp_path / "a.xlsm", ["x"], [1])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
        archive.writestr("xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    _, told = opened(path)
    assert "macros" in told
    assert "links to other files" in told


def test_entities_are_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", ["x"], [1])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/more.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(Fault, match=r"a\.xlsx: .*entity"):
        open_data([path])


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"\xd0\xcf\x11\xe0" + bytes(99), "password"), (b"text", "no Excel"), (b"PK\3\4" + bytes(99), "truncated")],
)
def test_what_is_no_workbook_is_refused(tmp_path, data, word):
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(Fault, match=word):
        open_data([tmp_path / "a.xlsx"])


def test_a_cell_beyond_the_named_columns_is_refused_by_row(tmp_path):
    with pytest.raises(Fault, match="row 3"):
        open_data([book(tmp_path / "a.xlsx", ["x"], [1], [2, 3])])


def test_a_sheet_that_unpacks_to_too_much_is_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", ["x"], [1])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b" " * 60_000_000)
    with pytest.raises(Fault, match="size"):
        open_data([path])
