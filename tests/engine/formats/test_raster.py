"""PNG, JPEG, BMP and GIF."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.samples import ImageSample
from tests.engine.formats.made import deep_colour_png, png, ramp


def opened(path: Path) -> ImageSample:
    sample = open_data([path]).samples[0]
    assert isinstance(sample, ImageSample)
    assert sample.pixels.read().shape == sample.pixels.shape
    assert sample.pixels.read().dtype == sample.pixels.dtype
    return sample


@pytest.mark.parametrize("ending", ["png", "bmp", "gif"])
def test_a_grey_picture_keeps_its_values(tmp_path, ending):
    sample = opened(png(tmp_path / f"a.{ending}"))
    assert sample.axes == "YX"
    assert np.array_equal(sample.pixels.read(), ramp())


def test_a_jpeg_opens_in_colour_and_in_grey(tmp_path):
    assert opened(png(tmp_path / "a.jpg", np.full((5, 7, 3), 90, np.uint8))).axes == "YXC"
    assert opened(png(tmp_path / "b.jpeg", np.full((5, 7), 90, np.uint8))).pixels.shape == (5, 7)


def test_sixteen_bits_are_kept_in_grey_and_in_colour(tmp_path):
    grey = np.array([[0, 1], [256, 65535]], np.uint16)
    assert np.array_equal(opened(png(tmp_path / "grey.png", grey)).pixels.read(), grey)
    colour = np.stack([grey, grey + 1, grey + 2], -1)
    assert np.array_equal(opened(deep_colour_png(tmp_path / "colour.png", colour)).pixels.read(), colour)


def test_alpha_is_dropped_and_the_colour_below_clear_pixels_stays(tmp_path):
    pixels = np.dstack([np.full((2, 2, 3), 77, np.uint8), np.zeros((2, 2), np.uint8)])
    assert (opened(png(tmp_path / "a.png", pixels)).pixels.read() == 77).all()


def test_a_palette_becomes_its_colours(tmp_path):
    picture = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.save(tmp_path / "a.png")
    assert opened(tmp_path / "a.png").pixels.read().tolist() == [[[10, 20, 30], [40, 50, 60]]]


def test_a_black_and_white_picture_is_0_and_255(tmp_path):
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.png")
    assert opened(tmp_path / "a.png").pixels.read().tolist() == [[255, 0]]


def test_a_turned_photograph_is_opened_as_stored_and_says_so(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(ramp(4, 9)).save(tmp_path / "a.jpg", exif=exif)
    dataset = open_data([tmp_path / "a.jpg"])
    assert dataset.samples[0].pixels.shape == (4, 9)
    assert "orientation" in str(dataset.problems[0])


def test_the_content_decides_not_the_name(tmp_path):
    png(tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert np.array_equal(opened(tmp_path / "a.jpg").pixels.read(), ramp())


def test_a_picture_cut_short_is_refused_at_the_latest_when_it_is_read(tmp_path):
    path = png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (90, 90)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(Fault, match=r"a\.png: it is truncated"):
        open_data([path]).samples[0].pixels.read()


def test_a_bomb_is_refused_by_its_header(tmp_path):
    path = png(tmp_path / "a.png")
    data = bytearray(path.read_bytes())
    data[16:24] = b"\0\1\0\0\0\1\0\0"
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    with pytest.raises(Fault, match="65536 x 65536 pixels"):
        open_data([path])


def test_a_damaged_header_is_told_by_its_checksum(tmp_path):
    path = png(tmp_path / "a.png")
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    with pytest.raises(Fault, match="checksum"):
        open_data([path])
