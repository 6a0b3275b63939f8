"""The verdicts of ``biofm inspect``."""

import json

import numpy as np
import tifffile

from biofm_desktop.engine.formats import inspect
from tests.engine.formats.made import GENBANK, ct_slice, png


def test_a_sound_image_is_opened_with_shape_and_a_corner(tmp_path):
    found = inspect(png(tmp_path / "a.png"))
    assert (found["verdict"], found["message"]) == ("opened", "")
    assert (found["value"]["shape"], found["value"]["pixel_1_2"]) == ([6, 8], 10)
    json.dumps(found)


def test_pixels_are_read_so_that_a_cut_is_found(tmp_path):
    path = png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (90, 90)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:3000])
    found = inspect(path)
    assert found["verdict"] == "refused"
    assert "a.png" in found["message"]
    assert "truncated" in found["message"]


def test_numbers_that_are_not_finite_are_counted(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[np.nan, 1], [np.inf, 2]], np.float32))
    found = inspect(tmp_path / "a.tif")
    assert found["verdict"] == "warned"
    assert "2 pixels are not finite" in found["message"]


def test_hounsfield_units_and_sequences_have_their_values(tmp_path):
    assert inspect(ct_slice(tmp_path / "a.dcm"))["value"]["pixel_0_3_hu"] == -1021
    (tmp_path / "a.gb").write_text(GENBANK)
    value = inspect(tmp_path / "a.gb")["value"]
    assert (value["length"], value["feature"]) == (30, [3, 12])
    (tmp_path / "a.fasta").write_text(">a\nACGTACGTACGT\n>b\nGGGTTTAAACCC\n")
    assert inspect(tmp_path / "a.fasta")["value"]["lengths"] == [12, 12]


def test_it_never_raises(tmp_path):
    (tmp_path / "odd.xyz").write_bytes(b"what?")
    for path in (tmp_path / "gone.png", tmp_path / "odd.xyz", tmp_path / "a\0b"):
        assert inspect(path)["verdict"] == "refused"
