"""NIfTI volumes."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.samples import Dataset

VOXELS = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
AFFINE = np.array([[-2.0, 0, 0, 5], [0, 3, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]])


def written(path: Path, **fields: object) -> Dataset:
    image = nibabel.Nifti1Image(VOXELS, AFFINE)
    nibabel.save(image, path)
    if fields:
        header = nibabel.load(path).header
        header["vox_offset"] = 352  # nibabel forgets it when it loads
        for name, value in fields.items():
            header[name] = value
        data = path.read_bytes()
        path.write_bytes(header.binaryblock + data[348:])
    return open_data([path])


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_axes_spacing_affine_and_orientation(tmp_path, name):
    sample = written(tmp_path / name).samples[0]
    assert (sample.key, sample.axes, sample.pixels.shape) == ("a", "ZYX", (4, 3, 2))
    assert np.array_equal(sample.pixels.read(), VOXELS.T)
    assert (sample.spacing, sample.unit) == ((4.0, 3.0, 2.0), "mm")
    assert np.allclose(sample.affine, AFFINE)
    assert sample.facts["orientation"] == "LAS"


def test_the_scale_is_applied(tmp_path):
    sample = written(tmp_path / "a.nii", scl_slope=2, scl_inter=-1024).samples[0]
    assert sample.pixels.dtype == np.int32
    assert np.array_equal(sample.pixels.read(), VOXELS.T * 2 - 1024)
    sample = written(tmp_path / "b.nii", scl_slope=0.5, scl_inter=0).samples[0]
    assert sample.pixels.dtype == np.float32
    assert np.allclose(sample.pixels.read(), VOXELS.T * 0.5)


def test_two_volumes_are_two_channels(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.stack([VOXELS, VOXELS + 1], -1), AFFINE), tmp_path / "a.nii")
    sample = open_data([tmp_path / "a.nii"]).samples[0]
    assert (sample.axes, sample.pixels.shape, sample.spatial_shape) == ("CZYX", (2, 4, 3, 2), (4, 3, 2))


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"scl_slope": np.nan}, "scale"),
        ({"pixdim": [1, 0, 3, 4, 0, 0, 0, 0]}, "voxel size"),
        ({"srow_x": [np.nan] * 4}, "orientation"),
        ({"srow_x": [2, 0, 0, 5], "qform_code": 1}, "orientation"),
    ],
)
def test_what_is_not_sound_in_the_header_is_told(tmp_path, fields, word):
    dataset = written(tmp_path / "a.nii", **fields)
    assert any(word in str(problem) for problem in dataset.problems)
    assert np.isfinite(dataset.samples[0].pixels.read()).all()


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"dim": [3, -8, 3, 4, 1, 1, 1, 1]}, "dimension"),
        ({"dim": [3, 20000, 20000, 400, 1, 1, 1, 1]}, "size"),
        ({"datatype": 999}, "type"),
        ({"vox_offset": 1e9}, "offset"),
        ({"magic": b"xyz"}, "NIfTI"),
    ],
)
def test_a_false_header_is_refused_before_anything_is_read(tmp_path, fields, word):
    with pytest.raises(Fault, match=word):
        written(tmp_path / "a.nii", **fields)


def test_a_packed_volume_cut_short_faults_when_it_is_read(tmp_path):
    path = tmp_path / "a.nii.gz"
    noise = np.random.default_rng(0).integers(0, 9999, (20, 20, 20)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(noise, AFFINE), path)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(Fault, match="truncated"):
        open_data([path]).samples[0].pixels.read()
