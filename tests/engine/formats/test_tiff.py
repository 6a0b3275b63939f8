"""TIFF, ImageJ and OME-TIFF."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.samples import Dataset
from tests.engine.formats.made import ramp


def written(path: Path, pixels: np.ndarray, **how: object) -> Dataset:
    tifffile.imwrite(path, pixels, **how)
    dataset = open_data([path])
    sample = dataset.samples[0]
    assert sample.pixels.read().shape == sample.pixels.shape
    assert sample.pixels.read().dtype == sample.pixels.dtype
    return dataset


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "int16"])
@pytest.mark.parametrize("how", [{}, {"compression": "zlib"}, {"tile": (16, 16)}], ids=["plain", "packed", "tiled"])
def test_values_and_type_are_kept(tmp_path, dtype, how):
    pixels = (ramp(20, 30).astype(dtype) * 3).astype(dtype)
    dataset = written(tmp_path / "a.tif", pixels, **how)
    assert dataset.samples[0].pixels.dtype == dtype
    assert np.array_equal(dataset.samples[0].pixels.read(), pixels)
    assert not dataset.problems


def test_a_file_in_one_piece_is_mapped_not_read(tmp_path):
    dataset = written(tmp_path / "a.tif", ramp())
    assert isinstance(dataset.samples[0].pixels.read(), np.memmap)


def test_the_other_byte_order_gives_plain_numbers(tmp_path):
    pixels = ramp().astype(np.uint16) * 300
    assert np.array_equal(written(tmp_path / "a.tif", pixels, byteorder=">").samples[0].pixels.read(), pixels)


def test_colour_is_three_channels_at_the_end(tmp_path):
    sample = written(tmp_path / "a.tif", np.zeros((5, 6, 3), np.uint8), photometric="rgb").samples[0]
    assert (sample.axes, sample.channels) == ("YXC", ("red", "green", "blue"))


def test_imagej_gives_stack_channels_and_spacing(tmp_path):
    pixels = np.arange(2 * 3 * 4 * 5, dtype=np.uint16).reshape(2, 3, 4, 5)
    metadata = {"axes": "ZCYX", "spacing": 2.0, "unit": "um"}
    sample = written(tmp_path / "a.tif", pixels, imagej=True, resolution=(4, 2), metadata=metadata).samples[0]
    assert (sample.axes, sample.spacing, sample.unit) == ("ZCYX", (2.0, 0.5, 0.25), "µm")
    assert np.array_equal(sample.pixels.read(), pixels)


def test_ome_gives_the_size_of_a_pixel_in_micrometres(tmp_path):
    metadata = {"axes": "CYX", "PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.5}
    sample = written(tmp_path / "a.ome.tif", np.zeros((2, 4, 5), np.uint8), metadata=metadata).samples[0]
    assert (sample.key, sample.axes, sample.spacing, sample.unit) == ("a", "CYX", (0.5, 0.25), "µm")


def test_resolution_for_printing_is_no_spacing(tmp_path):
    assert written(tmp_path / "a.tif", ramp(), resolution=(72, 72), resolutionunit="INCH").samples[0].spacing == ()


def test_pages_are_a_stack(tmp_path):
    assert written(tmp_path / "a.tif", np.zeros((4, 5, 6), np.uint8), photometric="minisblack").samples[0].axes == "ZYX"


def test_an_ome_file_that_names_others_is_read_alone(tmp_path):
    tifffile.imwrite(tmp_path / "secret.tif", ramp())
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.ome.tif"
    tifffile.imwrite(path, ramp(), metadata={"axes": "YX"})
    xml = tifffile.tiffcomment(path).replace(
        "</TiffData>", '<UUID FileName="../secret.tif">urn:uuid:1</UUID></TiffData>'
    )
    if "UUID FileName" not in xml:
        xml = xml.replace("/></Pixels>", '><UUID FileName="../secret.tif">urn:uuid:1</UUID></TiffData></Pixels>')
    tifffile.tiffcomment(path, xml.encode())
    dataset = open_data([path])
    assert "outside" in str(dataset.problems[0])
    assert dataset.samples[0].pixels.shape == (6, 8)


@pytest.mark.parametrize("keep", [4, 100, -2000])
def test_a_file_cut_short_is_refused(tmp_path, keep):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64), np.uint8))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Fault, match=r"a\.tif: .*(truncated|directory|missing)"):
        open_data([path])


def test_a_chain_of_pages_that_loops_ends_and_is_told(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp())
    data = bytearray(path.read_bytes())
    at = int.from_bytes(data[4:8], "little")
    tags = int.from_bytes(data[at : at + 2], "little")
    data[at + 2 + 12 * tags : at + 6 + 12 * tags] = at.to_bytes(4, "little")
    path.write_bytes(data)
    assert any("loops" in str(problem) for problem in open_data([path]).problems)
