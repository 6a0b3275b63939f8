"""What is exported opens in other programs and says the same there."""

import csv
import json
from urllib.parse import unquote

import nibabel
import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from biofm_desktop.engine.exports import EXPORTS, default_export, export, fitting
from biofm_desktop.engine.exports.names import clean_name, file_names
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import at_points
from biofm_desktop.engine.predictions import ClassPrediction, CurvePrediction, MaskPrediction, ValuePrediction

AFFINE = ((-0.7, 0.0, 0.0, 90.0), (0.0, 0.7, 0.0, -126.0), (0.0, 0.0, 2.5, -72.0), (0.0, 0.0, 0.0, 1.0))


def a_mask(key="m", shape=(40, 50), dtype=np.uint8, spacing=(), unit="pixel", affine=()):
    mask = (np.arange(np.prod(shape)).reshape(shape) % 3).astype(dtype)
    certainty = np.full(shape, 200, np.uint8)
    return MaskPrediction(key, mask, certainty, ("background", "cell", "nucleus"), 0.8, spacing, unit, affine)


def a_class(key="c", label="cat"):
    return ClassPrediction(key, label, 0.75, {"cat": 0.75, "dog": 0.25})


def a_curve(key="s", length=1000):
    scores = np.linspace(0, 1, length, dtype=np.float32)
    return CurvePrediction(key, scores, "promoter", ((0, 10, "promoter", 0.9), (500, 1000, "promoter", 0.75)))


EXAMPLES = [a_mask(), a_class(), ValuePrediction("v", -1.5, unit="kcal/mol"), a_curve()]


@pytest.mark.parametrize("entry", EXPORTS, ids=lambda entry: entry.name)
def test_every_export_writes_what_it_says_it_takes_and_a_note(entry, tmp_path):
    held = [p for p in EXAMPLES if isinstance(p, entry.takes)]
    made = export(held, entry.name, tmp_path, facts={"run": "run-1"})
    assert made
    assert all(path.is_file() and path.parent == tmp_path and path.name.endswith(entry.suffix) for path in made)
    note = tmp_path / ("predictions.export.json" if entry.single else "export.json")
    (entry_noted,) = json.loads(note.read_text())["exports"]
    assert entry_noted["format"] == entry.name
    assert entry_noted["run"] == "run-1"
    assert entry_noted["files"] == [path.name for path in made]
    assert not [path for path in tmp_path.iterdir() if ".part" in path.name]


@pytest.mark.parametrize("entry", EXPORTS, ids=lambda entry: entry.name)
def test_every_export_refuses_what_it_cannot_hold_and_names_one_that_can(entry, tmp_path):
    strange = [p for p in EXAMPLES if not isinstance(p, entry.takes)]
    if not strange:
        return
    with pytest.raises(Fault, match=r"Choose (label-tiff|csv)"):
        export(strange[:1], entry.name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_no_predictions_no_export(tmp_path):
    with pytest.raises(Fault, match="no predictions"):
        export([], "csv", tmp_path / "a.csv")


def test_the_usual_export_is_label_images_for_masks_and_a_table_for_the_rest():
    assert default_export([a_mask()]) == "label-tiff"
    assert default_export([a_class()]) == default_export([a_curve()]) == "csv"
    assert [e.name for e in fitting([a_class()])] == ["csv"]
    assert [e.name for e in fitting([a_curve()])] == ["csv", "gff3"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_label_tiff_of_a_plane_keeps_values_and_spacing(tmp_path, dtype):
    made = a_mask(dtype=dtype, spacing=(0.5, 0.25), unit="µm")
    (path,) = export([made], "label-tiff", tmp_path)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        np.testing.assert_array_equal(file.asarray(), made.mask)
        assert page.dtype == dtype
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.tags["XResolution"].value == (4, 1)
        assert page.tags["YResolution"].value == (2, 1)
        assert file.imagej_metadata["unit"] == "um"
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), made.mask)


def test_label_tiff_of_a_volume_is_a_stack_for_fiji(tmp_path):
    made = a_mask(shape=(5, 20, 30), spacing=(2.5, 0.7, 0.7), unit="mm")
    (path,) = export([made], "label-tiff", tmp_path)
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "ZYX"
        assert file.imagej_metadata["slices"] == 5
        assert file.imagej_metadata["spacing"] == 2.5
        np.testing.assert_array_equal(file.asarray(), made.mask)


def test_label_tiff_of_a_mapped_mask_needs_little_memory(tmp_path):
    import tracemalloc

    np.save(tmp_path / "big.npy", np.zeros((4000, 4000), np.uint16))
    mapped = np.load(tmp_path / "big.npy", mmap_mode="r")
    big = MaskPrediction("big", mapped, mapped, ("background",), 1.0)
    tracemalloc.start()
    export([big], "label-tiff", tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < mapped.nbytes / 4


def test_certainty_tiff_lies_beside_the_labels(tmp_path):
    export([a_mask()], "label-tiff", tmp_path)
    export([a_mask()], "certainty-tiff", tmp_path)
    assert tifffile.imread(tmp_path / "m.certainty.tif").min() == 200
    assert tifffile.imread(tmp_path / "m.tif").max() == 2
    assert len(json.loads((tmp_path / "export.json").read_text())["exports"]) == 2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_label_png_keeps_values(tmp_path, dtype):
    made = a_mask(dtype=dtype)
    (path,) = export([made], "label-png", tmp_path)
    with Image.open(path) as image:
        assert image.mode == ("L" if dtype == np.uint8 else "I;16")
        np.testing.assert_array_equal(np.asarray(image), made.mask)


def test_label_png_refuses_volumes_and_names_what_takes_them(tmp_path):
    with pytest.raises(Fault, match="Choose label-tiff or label-nifti"):
        export([a_mask(shape=(3, 4, 5))], "label-png", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_label_nifti_lies_where_the_source_lies(tmp_path):
    made = a_mask(shape=(5, 20, 30), spacing=(2.5, 0.7, 0.7), unit="mm", affine=AFFINE)
    (path,) = export([made], "label-nifti", tmp_path)
    image = nibabel.load(path)
    np.testing.assert_allclose(image.affine, AFFINE)
    assert image.header.get_zooms() == pytest.approx((0.7, 0.7, 2.5))
    assert image.header.get_xyzt_units()[0] == "mm"
    assert image.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(np.asarray(image.dataobj), made.mask.transpose(2, 1, 0))


def test_label_nifti_without_a_place_keeps_the_spacing(tmp_path):
    (path,) = export([a_mask(spacing=(0.5, 0.25), unit="um")], "label-nifti", tmp_path)
    image = nibabel.load(path)
    assert image.shape == (50, 40)
    assert np.abs(np.diag(image.affine)[:2]) == pytest.approx((0.00025, 0.0005))


def test_csv_of_classes_has_every_probability(tmp_path):
    (path,) = export([a_class("a"), a_class("b", "dog")], "csv", tmp_path / "x.csv")
    table = pd.read_csv(path)
    assert list(table) == ["key", "label", "confidence", "probability_cat", "probability_dog"]
    assert list(table.label) == ["cat", "dog"]
    assert list(table.probability_cat) == [0.75, 0.75]


def test_csv_of_values_masks_and_spans(tmp_path):
    values = pd.read_csv(export([ValuePrediction("v", -1.5, unit="K")], "csv", tmp_path / "v.csv")[0])
    assert values.iloc[0].to_dict() == {"key": "v", "value": -1.5, "unit": "K"}
    masks = pd.read_csv(export([a_mask(shape=(3, 6))], "csv", tmp_path / "m.csv")[0])
    assert masks.iloc[0, 2:].tolist() == pytest.approx([1 / 3] * 3)
    assert list(masks)[2:] == ["share_background", "share_cell", "share_nucleus"]
    spans = pd.read_csv(export([a_curve()], "csv", tmp_path / "s.csv")[0])
    assert list(spans) == ["key", "label", "start", "end", "score"]
    assert spans[["start", "end"]].to_numpy().tolist() == [[1, 10], [501, 1000]]


def test_one_table_holds_whole_sequences_and_spans(tmp_path):
    table = pd.read_csv(export([a_class(), a_curve()], "csv", tmp_path / "x.csv")[0])
    assert list(table.key) == ["c", "s", "s"]
    assert list(table.label) == ["cat", "promoter", "promoter"]


@pytest.mark.parametrize("bad", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_cells_do_nothing_in_a_spreadsheet(tmp_path, bad):
    made = ClassPrediction(bad, bad, 1.0, {bad: 1.0})
    (path,) = export([made], "csv", tmp_path / "x.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[1][0] == rows[1][1] == f"'{bad}"
    assert not any(cell[:1] in "=+-@\t\r" for row in rows for cell in row if cell)


def test_numbers_stay_numbers(tmp_path):
    (path,) = export([ValuePrediction("v", -1.5)], "csv", tmp_path / "x.csv")
    assert "v,-1.5" in path.read_text()


def test_keys_with_quotes_commas_and_line_ends_come_back(tmp_path):
    key = 'a, "b"\nc'
    (path,) = export([a_class(key)], "csv", tmp_path / "x.csv")
    assert pd.read_csv(path).key[0] == key


def test_gff3_counts_from_one_and_escapes(tmp_path):
    made = CurvePrediction("chr 1;x>", np.zeros(50, np.float32), "p", ((0, 10, "a=b;c,d%\t&é", 0.5),))
    (path,) = export([made], "gff3", tmp_path / "x.gff3")
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[0] == "##gff-version 3"
    assert lines[1] == "##sequence-region chr%201%3Bx%3E 1 50"
    columns = lines[2].split("\t")
    assert len(columns) == 9
    assert columns[3:8] == ["1", "10", "0.5", ".", "."]
    assert unquote(columns[0]) == made.key
    facts = dict(pair.split("=") for pair in columns[8].split(";"))
    assert unquote(facts["Name"]) == "a=b;c,d%\t&é"
    assert lines[-1] == ""


def test_gff3_is_read_by_another_program(tmp_path):
    gffutils_like = export([a_curve("chr1"), a_curve("chr2")], "gff3", tmp_path / "x.gff3")[0]
    table = pd.read_csv(gffutils_like, sep="\t", comment="#", header=None)
    assert table[0].tolist() == ["chr1", "chr1", "chr2", "chr2"]
    assert (table[3] <= table[4]).all()
    assert table[8].is_unique


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("a", "a"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b\\c:d", "a_b_c_d"),
        ("", "_"),
        ("..", "_"),
        ("con", "_con"),
        ("NUL.x", "_NUL.x"),
        (".hidden", "hidden"),
        ("a\nb\0c", "a_b_c"),
        ("zelle ü", "zelle ü"),
        ("x" * 500, "x" * 120),
    ],
)
def test_names_are_harmless(key, name):
    assert clean_name(key) == name


def test_names_that_differ_only_in_case_or_signs_get_numbers():
    assert file_names(["a/b", "a_b", "A_B"], ".tif") == ["a_b.tif", "a_b-2.tif", "A_B-3.tif"]


def test_a_hostile_key_writes_nowhere_else(tmp_path):
    (path,) = export([a_mask("../../evil")], "label-tiff", tmp_path / "out")
    assert path.parent == tmp_path / "out"
    assert {p.name for p in tmp_path.iterdir()} == {"out"}


def test_the_images_that_were_opened_are_never_replaced(tmp_path):
    (tmp_path / "m.tif").write_bytes(b"the only copy")
    with pytest.raises(Fault, match="another file has this name"):
        export([a_mask("a"), a_mask("m")], "label-tiff", tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"m.tif"}
    assert (tmp_path / "m.tif").read_bytes() == b"the only copy"


def test_what_an_export_wrote_is_replaced_by_the_next(tmp_path):
    export([a_mask()], "label-tiff", tmp_path)
    export([a_mask(shape=(7, 8))], "label-tiff", tmp_path)
    assert tifffile.imread(tmp_path / "m.tif").shape == (7, 8)


def test_one_mask_may_go_into_a_named_file_and_several_may_not(tmp_path):
    (path,) = export([a_mask()], "label-tiff", tmp_path / "mine.tif")
    assert path == tmp_path / "mine.tif"
    assert tifffile.imread(path).shape == (40, 50)
    with pytest.raises(Fault, match="Name a folder"):
        export([a_mask("a"), a_mask("b")], "label-tiff", tmp_path / "mine.tif")


def test_a_table_named_without_suffix_gets_one_and_a_folder_gets_a_table(tmp_path):
    assert export([a_class()], "csv", tmp_path / "results") == [tmp_path / "results.csv"]
    assert export([a_class()], "csv", tmp_path) == [tmp_path / "predictions.csv"]


@pytest.mark.parametrize("entry", EXPORTS, ids=lambda entry: entry.name)
@pytest.mark.parametrize("point", ["export.write", "export.sync", "export.rename", "export.move"])
def test_a_full_disk_leaves_what_was_there(tmp_path, entry, point):
    held = [p for p in EXAMPLES if isinstance(p, entry.takes)]
    if point == "export.move" and entry.single:
        return
    (tmp_path / "out").mkdir()
    export(held, entry.name, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}

    def full(name, path):
        if name == point:
            raise OSError(28, "No space left on device")

    for folder in ("out", "new/deep"):
        if entry.single:
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        with at_points(full), pytest.raises(Fault, match="the disk is full"):
            export(held, entry.name, tmp_path / folder)
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
    assert entry.single or not (tmp_path / "new").exists()


def test_a_library_that_meets_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    export([a_mask()], "label-tiff", tmp_path)
    before = (tmp_path / "m.tif").read_bytes()

    def short(path, *args, **kwargs):
        path.write_bytes(b"II*")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tifffile, "imwrite", short)
    with pytest.raises(Fault, match="the disk is full"):
        export([a_mask()], "label-tiff", tmp_path)
    assert (tmp_path / "m.tif").read_bytes() == before


def test_a_read_only_folder_is_named(tmp_path):
    def forbidden(name, path):
        raise PermissionError(13, "Permission denied")

    with at_points(forbidden), pytest.raises(Fault, match="no permission"):
        export([a_class()], "csv", tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(Fault, match="Name a folder"):
        export([a_mask("a"), a_mask("b")], "label-tiff", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_an_unknown_format_suggests_near_ones(tmp_path):
    with pytest.raises(Fault, match="label-tiff"):
        export([a_mask()], "label-tif", tmp_path)
