"""Zarr and OME-Zarr, written by the library zarr."""

import json
import pickle
import shutil
import zlib
from zipfile import ZipFile

import numpy as np
import pytest
import zarr

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.formats.zarr_array import ZarrArray
from biofm_desktop.engine.formats.zarr_chunks import is_bomb

RAMP = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)


def array(path, values=RAMP, version=2, **more):
    chunks = more.pop("chunks", tuple(min(2, size) for size in values.shape))
    made = zarr.create_array(
        str(path), shape=values.shape, chunks=chunks, dtype=values.dtype, zarr_format=version, **more
    )
    made[...] = values
    return path


def ome(path, values, axes, *, version="0.4", scale=None, levels=1, units=True, **more):
    """Write an OME-Zarr image in so many levels."""
    kinds = {"c": "channel", "t": "time"}
    named = [
        {"name": axis, "type": kinds.get(axis, "space")} | ({"unit": "nanometer"} if units and axis in "zyx" else {})
        for axis in axes
    ]
    sizes = [1.0 if axis in "tc" else 500.0 for axis in axes] if scale is None else scale
    datasets = [
        {"path": str(n), "coordinateTransformations": [{"type": "scale", "scale": [s * 2**n for s in sizes]}]}
        for n in range(levels)
    ]
    image = {"axes": named, "datasets": datasets, "name": "made"} | ({"version": "0.4"} if version == "0.4" else {})
    content = {"multiscales": [image], **more}
    number = 2 if version == "0.4" else 3
    group = zarr.create_group(
        str(path), zarr_format=number, attributes=content if number == 2 else {"ome": content | {"version": version}}
    )
    for n in range(levels):
        step = tuple(slice(None) if axis in "tc" else slice(None, None, 2**n) for axis in axes)
        array(path / str(n), values[step], number)
    assert group is not None
    return path


def opened(path):
    dataset = open_data([path])
    return dataset.samples, " ".join(map(str, dataset.problems))


@pytest.mark.parametrize("version", [2, 3])
def test_an_array_is_an_image_that_is_read_late(tmp_path, version):
    (sample,), told = opened(array(tmp_path / "a.zarr", version=version))
    assert (sample.key, sample.axes, sample.pixels.shape, told) == ("a", "YX", (3, 4), "")
    assert pickle.loads(pickle.dumps(sample.pixels)).read().tolist() == RAMP.tolist()


@pytest.mark.parametrize(
    "more",
    [
        {"version": 3, "shards": (4, 4)},
        {"version": 2, "compressors": None},
        {"version": 3, "compressors": None},
        {"version": 2, "chunk_key_encoding": {"name": "v2", "separator": "/"}},
        {"version": 3, "filters": zarr.codecs.TransposeCodec(order=(1, 0))},
        {"version": 3, "compressors": zarr.codecs.GzipCodec()},
    ],
)
def test_codecs_shards_and_keys_of_every_kind_are_read(tmp_path, more):
    (sample,), told = opened(array(tmp_path / "a.zarr", **more))
    assert sample.pixels.read().tolist() == RAMP.tolist()
    assert told == ""


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_ome_image_has_its_pixel_size_channels_and_levels(tmp_path, version):
    values = np.arange(1, 33, dtype=np.uint16).reshape(2, 4, 4)
    path = ome(
        tmp_path / "a.ome.zarr",
        values,
        "cyx",
        version=version,
        levels=2,
        omero={"channels": [{"label": "DAPI"}, {"label": "GFP"}]},
    )
    (sample,), told = opened(path)
    assert (sample.key, sample.axes, sample.spacing, sample.unit) == ("a", "CYX", (0.5, 0.5), "µm")
    assert sample.channels == ("DAPI", "GFP")
    assert sample.facts["levels"] == "0: 2 x 4 x 4; 1: 2 x 2 x 2"
    assert sample.pixels.read().tolist() == values.tolist()
    assert told == ""


@pytest.mark.parametrize(
    ("shape", "axes", "kept", "word"),
    [
        ((1, 2, 1, 3, 4), "CYX", (2, 3, 4), ""),
        ((1, 1, 2, 3, 4), "CZYX", (1, 2, 3, 4), ""),
        ((2, 1, 1, 3, 4), "CZYX", (1, 2, 3, 4), "planes of a stack"),
        ((2, 1, 3, 3, 4), "CZYX", (1, 3, 3, 4), "only the first of its 2 points in time"),
    ],
)
def test_five_axes_become_channels_depth_height_and_width(tmp_path, shape, axes, kept, word):
    values = np.arange(1, np.prod(shape) + 1, dtype=np.uint8).reshape(shape)
    (sample,), told = opened(ome(tmp_path / "a.zarr", values, "tczyx"))
    assert (sample.axes, sample.pixels.shape) == (axes, kept)
    assert sample.pixels.read().ravel().tolist() == values.ravel().tolist()[: np.prod(kept)]
    assert word in told
    assert bool(told) == bool(word)


def test_axes_in_another_order_are_turned(tmp_path):
    (sample,), _ = opened(ome(tmp_path / "a.zarr", RAMP.T, "xy"))
    assert sample.axes == "YX"
    assert sample.pixels.read().tolist() == RAMP.tolist()


@pytest.mark.parametrize(("scale", "units"), [((0.0, -1.0), True), ((float("nan"), 1.0), True), ((0.2, 0.2), False)])
def test_a_scale_that_means_no_length_is_told(tmp_path, scale, units):
    (sample,), told = opened(ome(tmp_path / "a.zarr", RAMP, "yx", scale=scale, units=units))
    assert (sample.spacing, sample.unit) == ((), "pixel")
    assert "scale" in told


def labels(path, values):
    zarr.create_group(str(path / "labels"), zarr_format=2, attributes={"labels": ["nuclei"]})
    ome(path / "labels/nuclei", values, "yx")


def test_labels_of_whole_numbers_become_the_mask_and_others_are_told(tmp_path):
    path = ome(tmp_path / "a.zarr", RAMP[None], "cyx")
    labels(path, RAMP // 6)
    (sample,), told = opened(path)
    assert sample.mask.read().tolist() == (RAMP // 6).tolist()
    assert told == ""
    shutil.rmtree(path / "labels")
    labels(path, RAMP / 2)
    (sample,), told = opened(path)
    assert sample.mask is None
    assert "whole numbers" in told


def test_wells_of_a_plate_are_images_each(tmp_path):
    for place in ("A/1/0", "A/1/1", "B/2/0"):
        ome(tmp_path / "p.zarr" / place, RAMP, "yx")
    for place in ("", "A", "A/1", "B", "B/2"):
        (tmp_path / "p.zarr" / place / ".zgroup").write_text('{"zarr_format": 2}')
    samples, _ = opened(tmp_path / "p.zarr")
    assert [sample.key for sample in samples] == ["p_A_1_0", "p_A_1_1", "p_B_2_0"]


def test_a_folder_and_an_archive_of_zarrs_give_an_image_each(tmp_path):
    for name in ("a.zarr", "b.zarr"):
        array(tmp_path / "many" / name)
    samples, told = opened(tmp_path / "many")
    assert ([sample.key for sample in samples], told) == (["a", "b"], "")
    with ZipFile(tmp_path / "many.zip", "w") as archive:
        for file in (tmp_path / "many").rglob("*"):
            archive.write(file, file.relative_to(tmp_path))
    samples, told = opened(tmp_path / "many.zip")
    assert [sample.key for sample in samples] == ["a", "b"]
    assert samples[1].pixels.read().tolist() == RAMP.tolist()
    assert open_data([tmp_path / "many/a.zarr", tmp_path / "many/b.zarr"]).samples[1].key == "b"


def test_images_of_zarrs_are_paired_with_labels_by_name(tmp_path):
    array(tmp_path / "images/a.zarr")
    array(tmp_path / "labels/a.zarr", RAMP // 6)
    (sample,), _ = opened(tmp_path)
    assert sample.mask is not None


def test_missing_and_cut_chunks_are_told_and_damaged_ones_named(tmp_path):
    path = array(tmp_path / "a.zarr", compressors=None)
    (path / "0.0").unlink()
    (path / "1.1").write_bytes(b"1")
    (sample,), told = opened(path)
    assert "1 of 4 chunks are missing" in told
    assert "'1.1' has 1 of 4 bytes" in told
    assert sample.pixels.read()[0].tolist() == [0, 0, 3, 4]
    path = array(tmp_path / "b.zarr")
    (path / "1.0").write_bytes(b"not packed at all")
    with pytest.raises(Fault, match=r"b\.zarr.*'1\.0' cannot be decompressed"):
        open_data([path]).samples[0].pixels.read()


def test_nothing_outside_the_folder_is_read(tmp_path):
    array(tmp_path / "secret.zarr")
    path = array(tmp_path / "a.zarr")
    (path / "0.0").unlink()
    (path / "0.0").symlink_to(tmp_path / "secret.zarr/0.0")
    with pytest.raises(Fault, match="outside"):
        open_data([path])
    path = ome(tmp_path / "b.zarr", RAMP, "yx")
    for place in ("../secret.zarr", str(tmp_path / "secret.zarr"), "http://127.0.0.1:9/x.zarr"):
        meta = json.loads((path / ".zattrs").read_text())
        meta["multiscales"][0]["datasets"][0]["path"] = place
        (path / ".zattrs").write_text(json.dumps(meta))
        with pytest.raises(Fault, match="outside"):
            open_data([path])
    shutil.rmtree(path / "0")
    meta["multiscales"][0]["datasets"][0]["path"] = "0"
    (path / ".zattrs").write_text(json.dumps(meta))
    (path / "0").symlink_to(tmp_path / "secret.zarr")
    with pytest.raises(Fault, match="outside"):
        open_data([path])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"shape": [10**9, 10**9]}, "shape"),
        ({"shape": [-3, 4]}, "shape"),
        ({"chunks": [0, 2]}, "chunk"),
        ({"chunks": [2**40, 2]}, "chunk"),
        ({"dtype": "|O"}, "type"),
        ({"compressor": {"id": "no-such"}}, "no-such"),
        ({"filters": [{"id": "pickle"}]}, "pickle"),
    ],
)
def test_false_metadata_are_refused_by_their_part(tmp_path, change, word):
    path = array(tmp_path / "a.zarr")
    meta = json.loads((path / ".zarray").read_text()) | change
    (path / ".zarray").write_text(json.dumps(meta))
    with pytest.raises(Fault, match=rf"a\.zarr: .*{word}"):
        open_data([path])


@pytest.mark.parametrize("packer", ["zlib", "zstd", "blosc", "lz4", "gzip"])
def test_a_chunk_that_unpacks_to_more_than_its_shape_is_known_before(packer):
    import numcodecs

    made = {
        "zlib": numcodecs.Zlib(),
        "zstd": numcodecs.Zstd(),
        "blosc": numcodecs.Blosc(),
        "lz4": numcodecs.LZ4(),
        "gzip": numcodecs.GZip(),
    }
    of = ZarrArray("", 2, (16, 16), (16, 16), np.dtype("u1"), "", ".", packer, plain=False)
    assert is_bomb(of, made[packer].encode(np.zeros(3_000_000, "u1")))
    assert not is_bomb(of, made[packer].encode(np.zeros(256, "u1")))


def test_a_bomb_is_refused_by_its_chunk(tmp_path):
    path = array(tmp_path / "a.zarr")
    meta = json.loads((path / ".zarray").read_text()) | {"compressor": {"id": "zlib", "level": 9}}
    (path / ".zarray").write_text(json.dumps(meta))
    (path / "0.1").write_bytes(zlib.compress(bytes(20_000_000), 9))
    with pytest.raises(Fault, match=r"chunk '0\.1' holds more"):
        open_data([path]).samples[0].pixels.read()


def test_a_folder_that_is_only_called_zarr_is_refused(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr/0.0").write_bytes(b"1")
    with pytest.raises(Fault, match=r"a\.zarr: it is no Zarr"):
        open_data([tmp_path / "a.zarr"])
