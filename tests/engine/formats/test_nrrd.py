"""NRRD volumes."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data

DATA = Path("/work/shared/data/ct/dicom_seg_liver")
RAMP = np.arange(24, dtype=np.uint8)
BYTES = RAMP.tobytes()


def nrrd(path, data=BYTES, **fields):
    known = {"type": "uint8", "dimension": 3, "sizes": "4 3 2", "encoding": "raw"} | {
        name.replace("_", " "): value for name, value in fields.items()
    }
    text = "NRRD0004\n# made\n" + "".join(f"{name}: {value}\n" for name, value in known.items()) + "\n"
    path.write_bytes(text.encode() + data)
    return path


def opened(path):
    dataset = open_data([path])
    return dataset.samples[0], " ".join(map(str, dataset.problems))


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("raw", bytes),
        ("gzip", gzip.compress),
        ("bzip2", bz2.compress),
        ("ascii", lambda data: " ".join(map(str, data)).encode()),
    ],
)
def test_every_encoding_gives_the_voxels_slowest_axis_first(tmp_path, encoding, pack):
    sample, told = opened(nrrd(tmp_path / "a.nrrd", pack(BYTES), encoding=encoding))
    assert (sample.axes, sample.pixels.shape, told) == ("ZYX", (2, 3, 4), "")
    assert np.array_equal(sample.pixels.read(), RAMP.reshape(2, 3, 4))


def test_directions_in_lps_become_a_ras_affine_and_spacing(tmp_path):
    sample, told = opened(
        nrrd(
            tmp_path / "a.nrrd",
            space="left-posterior-superior",
            space_directions="(0.5,0,0) (0,0.25,0) (0,0,2)",
            space_origin="(10,20,30)",
        )
    )
    assert (sample.spacing, sample.unit, told) == ((2.0, 0.25, 0.5), "mm", "")
    assert sample.affine == ((-0.5, 0, 0, -10), (0, -0.25, 0, -20), (0, 0, 2, 30), (0, 0, 0, 1))


def test_an_axis_that_is_none_of_space_holds_channels(tmp_path):
    fields = {"space": "RAS", "space_directions": "none (1,0,0) (0,1,0) (0,0,1)", "sizes": "2 2 3 2", "dimension": 4}
    sample, _ = opened(nrrd(tmp_path / "a.nrrd", **fields))
    assert (sample.axes, sample.pixels.shape, len(sample.spacing)) == ("ZYXC", (2, 3, 2, 2), 3)


def test_spacings_without_a_space_are_kept_and_a_false_one_is_told(tmp_path):
    assert opened(nrrd(tmp_path / "a.nrrd", spacings="1 2 3"))[0].spacing == (3.0, 2.0, 1.0)
    sample, told = opened(nrrd(tmp_path / "b.nrrd", spacings="1 0 3"))
    assert sample.spacing == ()
    assert "voxel size" in told


def test_a_byte_order_that_is_not_given_is_told_and_big_endian_is_turned(tmp_path):
    data = np.arange(24, dtype=">u2").tobytes()
    sample, told = opened(nrrd(tmp_path / "a.nrrd", data, type="uint16", endian="big"))
    assert (sample.pixels.read()[1, 2, 3], told) == (23, "")
    assert "byte order" in opened(nrrd(tmp_path / "b.nrrd", data, type="uint16"))[1]


def test_a_data_file_beside_the_header_is_read_and_none_elsewhere(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.raw").write_bytes(BYTES)
    (tmp_path / "secret.raw").write_bytes(BYTES)
    assert opened(nrrd(inner / "a.nhdr", b"", data_file="a.raw"))[0].pixels.read()[1, 2, 3] == 23
    (inner / "link.raw").symlink_to(tmp_path / "secret.raw")
    for name in ("../secret.raw", str(tmp_path / "secret.raw"), "link.raw", "LIST\n../secret.raw"):
        with pytest.raises(Fault, match=r"b\.nhdr: .*outside"):
            open_data([nrrd(inner / "b.nhdr", b"", data_file=name)])
    with pytest.raises(Fault, match="missing"):
        open_data([nrrd(inner / "b.nhdr", b"", data_file="s%09d.raw 0 999999999 1")])


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"sizes": "4 3 3"}, "truncated"),
        ({"sizes": "4 3"}, "sizes"),
        ({"sizes": "4 -3 2"}, "sizes"),
        ({"type": "block"}, "type"),
        ({"encoding": "hex"}, "encoding"),
        ({"byte_skip": "999"}, "skip"),
        ({"content": "A" * 2_000_000}, "header is longer"),
    ],
)
def test_a_false_header_is_refused_by_its_field(tmp_path, fields, word):
    with pytest.raises(Fault, match=word):
        open_data([nrrd(tmp_path / "a.nrrd", **fields)])


def test_packed_voxels_cut_short_are_refused(tmp_path):
    path = nrrd(tmp_path / "a.nrrd", gzip.compress(BYTES)[:-6], encoding="gzip")
    with pytest.raises(Fault, match="truncated"):
        open_data([path]).samples[0].pixels.read()


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared real data is not on this machine")
def test_a_segmentation_as_nrrd_lies_where_its_slices_lie():
    sample, told = opened(DATA / "liver_seg.nrrd")
    assert sample.affine
    assert sample.pixels.read().max() == 1
    assert told == ""
