"""DICOM series."""

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import inspect, open_data
from tests.engine.formats.made import ct_slice, png


def told(dataset, word):
    return any(word in str(problem) for problem in dataset.problems)


def test_slices_are_sorted_by_their_place_and_scaled_to_hounsfield_units(tmp_path):
    for name, z in (("a", 6), ("b", 0), ("c", 3)):
        ct_slice(tmp_path / f"{name}.dcm", z, PixelData=np.full(12, z, "<i2").tobytes())
    dataset = open_data([tmp_path])
    (sample,) = dataset.samples
    assert (sample.axes, sample.pixels.shape, sample.facts["values"]) == ("ZYX", (3, 3, 4), "HU")
    assert sample.pixels.read()[:, 0, 0].tolist() == [-1024, -1021, -1018]
    assert (sample.spacing, sample.unit) == ((3.0, 0.5, 0.25), "mm")
    assert np.allclose(sample.affine, [[-0.25, 0, 0, -10], [0, -0.5, 0, -20], [0, 0, 3, 0], [0, 0, 0, 1]])
    assert not dataset.problems


def test_one_file_is_one_picture(tmp_path):
    sample = open_data([ct_slice(tmp_path / "a.dcm")]).samples[0]
    assert (sample.axes, sample.spacing) == ("YX", (0.5, 0.25))
    assert sample.pixels.read()[0, 3] == -1021


def test_no_person_is_named_in_keys_groups_or_messages(tmp_path):
    ct_slice(tmp_path / "a.dcm", BurnedInAnnotation="YES", PatientID="Roe4711")
    dataset = open_data([tmp_path / "a.dcm"])
    sample = dataset.samples[0]
    words = (
        f"{sample.key} {sample.group} {sample.facts} {sample.columns} {dataset.problems} {inspect(tmp_path / 'a.dcm')}"
    )
    assert "Roe" not in words
    assert told(dataset, "burned")


def test_the_same_patient_is_the_same_group(tmp_path):
    ids = {"x": "Jane-Roe-1957", "y": "Jane-Roe-1957", "z": "other"}
    found = [open_data([ct_slice(tmp_path / f"{n}.dcm", PatientID=identity)]).samples[0] for n, identity in ids.items()]
    assert found[0].group == found[1].group != found[2].group
    assert not any("Roe" in repr((sample.key, sample.group, sample.columns, sample.facts)) for sample in found)


def test_each_slice_is_scaled_by_its_own_numbers(tmp_path):
    ct_slice(tmp_path / "a.dcm", 0, RescaleSlope=1)
    ct_slice(tmp_path / "b.dcm", 2, RescaleSlope=2)
    assert open_data([tmp_path]).samples[0].pixels.read()[:, 0, 3].tolist() == [-1021, -1018]


def test_a_gap_is_told_and_forbids_measuring(tmp_path):
    for z in (0, 2, 4, 10):
        ct_slice(tmp_path / f"{z}.dcm", z)
    dataset = open_data([tmp_path])
    assert told(dataset, "gap")
    assert (dataset.samples[0].spacing, dataset.samples[0].unit) == ((), "pixel")


def test_two_series_are_two_volumes(tmp_path):
    for z in (0, 2):
        ct_slice(tmp_path / f"a{z}.dcm", z)
        ct_slice(tmp_path / f"b{z}.dcm", z, SeriesInstanceUID="1.2.4")
    dataset = open_data([tmp_path])
    assert [sample.pixels.shape for sample in dataset] == [(2, 3, 4)] * 2
    assert told(dataset, "2 series")


def test_a_sheared_stack_is_told(tmp_path):
    for z in (0, 2):
        ct_slice(tmp_path / f"{z}.dcm", z, ImagePositionPatient=[10, 20 + z, z])
    assert told(open_data([tmp_path]), "tilt")


def test_other_files_between_the_slices_are_left_out(tmp_path):
    for z in (0, 2, 4):
        ct_slice(tmp_path / f"{z}.dcm", z)
    png(tmp_path / "note.png")
    dataset = open_data([tmp_path])
    assert dataset.samples[0].pixels.shape[0] == 3
    assert told(dataset, "left out")


def test_ct_without_a_rescale_is_not_called_hounsfield(tmp_path):
    dataset = open_data([ct_slice(tmp_path / "a.dcm", RescaleSlope=None, RescaleIntercept=None)])
    assert dataset.samples[0].facts["values"] == "raw"
    assert told(dataset, "Rescale")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"Rows": 300}, "pixel data"),
        ({"Rows": None}, "Rows"),
        ({"NumberOfFrames": 2147483647}, "frames"),
        ({"PixelData": None}, "pixel data"),
        ({"BitsAllocated": 7}, "Bits"),
    ],
)
def test_pictures_that_cannot_be_right_are_refused(tmp_path, changes, word):
    with pytest.raises(Fault, match=word):
        open_data([ct_slice(tmp_path / "a.dcm", **changes)])
