"""What is named after data, and what a spreadsheet opens, does no harm."""

import csv
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofm_desktop.engine.exports import export
from biofm_desktop.engine.exports.csv_table import harmless
from biofm_desktop.engine.exports.names import clean_name, file_names
from biofm_desktop.engine.predictions import ClassPrediction, MaskPrediction, ValuePrediction

BAD_NAMES = [
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\x",
    "a/b\\c",
    "..",
    ".",
    "",
    ".hidden",
    "con",
    "NUL.txt",
    "aux .x",
    "com1",
    "LPT¹",
    "CONIN$",
    "a\0b",
    "a\nb",
    "x" * 5000,
    "\U0001f9eb" * 200,
    "tail. . .",
    "<img src=x>",
    "a:stream",
    "\u202egnp.exe",
    "\udcff",
]


@pytest.mark.parametrize("key", BAD_NAMES)
def test_a_file_named_after_data_lies_in_its_folder_on_every_system(key: str, tmp_path: Path) -> None:
    (name,) = file_names([key], ".tif")
    assert name == Path(name).name
    assert not set(name) & set('/\\:*?"<>|\0\n\u202e')
    assert not name.startswith(".")
    assert len(name.encode()) <= 200
    assert name.partition(".")[0].lower() not in {"con", "nul", "aux", "prn", "com1", "lpt¹", "lpt1", "conin$"}
    (tmp_path / name).touch()


@given(st.lists(st.text(max_size=300), max_size=5))
@settings(max_examples=200, deadline=None)
def test_names_are_harmless_and_each_once(keys: list[str]) -> None:
    names = file_names(keys, ".png")
    assert len({name.lower() for name in names}) == len(keys)
    assert all(name == Path(name).name and len(name.encode()) < 255 for name in names)
    assert all(clean_name(key).rstrip(" .") == clean_name(key) for key in keys)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_looks_like_a_formula_begins_with_an_apostrophe(sign: str) -> None:
    assert harmless(f"{sign}cmd|' /C calc'!A0") == f"'{sign}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["12", "2.5e-3", "a=b", "a-b", ""])
def test_numbers_and_plain_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_a_table_of_hostile_keys_and_classes_reopens_with_its_values(tmp_path: Path) -> None:
    key, label = '=HYPERLINK("http://x","y")', "@SUM(A1)"
    held = [ClassPrediction(key, label, 0.25, {label: 0.25, "-1": 0.75})]
    (path,) = export(held, "csv", tmp_path / "t.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert rows[0]["key"] == f"'{key}"
    assert rows[0]["label"] == f"'{label}"
    assert float(rows[0]["confidence"]) == 0.25
    assert not [cell for row in rows for cell in (*row, *row.values()) if cell[:1] in "=+-@\t\r" and cell]


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    (path,) = export([ValuePrediction("a", -1.5, "dose", "-x")], "csv", tmp_path / "t.csv")
    (row,) = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    assert (float(row["value"]), row["unit"]) == (-1.5, "'-x")


@pytest.mark.parametrize("name", ["label-tiff", "label-png", "label-nifti"])
def test_exports_of_hostile_keys_stay_in_their_folder(name: str, tmp_path: Path) -> None:
    keys = [key for key in BAD_NAMES if "\udcff" not in key]
    mask = np.zeros((2, 3), np.uint8)
    written = export(
        [MaskPrediction(key, mask, mask, ("background", "a"), 0.5) for key in keys], name, tmp_path / "out"
    )
    assert len(written) == len(keys)
    assert {path.parent for path in written} == {tmp_path / "out"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert all(set(path.name) - set(string.ascii_letters + string.digits) for path in written)
