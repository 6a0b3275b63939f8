"""The shared real data, where it is there."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from biofm_desktop.engine.formats import open_data

DATA = Path("/work/shared/data")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared real data is not on this machine")


def test_dsb2018_has_instances_and_its_splits():
    dataset = open_data([DATA / "seg2d/dsb2018"])
    assert Counter(s.split for s in dataset) == {"train": 137, "val": 22, "test": 43}
    assert dataset.instances
    assert all(s.mask is not None for s in dataset)
    assert {s.axes for s in dataset} == {"YX", "YXC"}
    assert not dataset.problems


def test_axon_sem_has_classes_and_rats():
    dataset = open_data([DATA / "seg2d/axon_sem"])
    assert dataset.classes == ("background", "myelin", "axon")
    assert len({s.group for s in dataset}) == 5


def test_chula_keeps_the_stated_split_inside_its_zip():
    dataset = open_data([DATA / "classify/chula_rbc12"])
    assert Counter(s.split for s in dataset) == {"train": 3328, "val": 541, "test": 869}
    assert len(dataset.classes) == 12
    assert dataset.samples[0].pixels.read().shape == (64, 64, 3)


def test_pneumoniamnist_has_its_classes():
    dataset = open_data([DATA / "classify/pneumoniamnist/pneumoniamnist.npz"])
    assert Counter(s.split for s in dataset) == {"train": 4708, "val": 524, "test": 624}
    assert Counter(s.target for s in dataset.of_split("train")) == {"normal": 1214, "pneumonia": 3494}


def test_the_dicom_series_is_the_nifti_volume_voxel_for_voxel():
    (series,) = open_data([DATA / "ct/dicom_series_STS_042"]).samples
    volume = open_data([DATA / "ct/sts_tumour/STS_042_ct.nii.gz"]).samples[0]
    first, second = series.pixels.read(), volume.pixels.read()
    assert first.shape == second.shape
    one, other = np.array(series.affine), np.array(volume.affine)
    map_to = np.linalg.inv(other) @ one
    step = np.sign(np.diag(map_to)[:3])[::-1].astype(int)
    assert np.array_equal(first, second[:: step[0], :: step[1], :: step[2]])
    assert np.allclose(np.abs(np.diag(map_to)), 1, atol=1e-3)
    assert np.allclose(sorted(series.spacing), sorted(volume.spacing), atol=1e-3)


def test_the_tumour_volumes_are_paired_and_grouped_by_patient():
    dataset = open_data([DATA / "ct/sts_tumour"])
    assert all(s.mask is not None for s in dataset)
    assert len({s.group for s in dataset}) == 8
    assert {s.group for s in dataset if s.split == "test"} & {s.group for s in dataset if s.split == "train"} == set()


@pytest.mark.parametrize(
    ("file", "count", "alphabet"),
    [
        ("dna/promoter_tata_human.csv.gz", 5858, "dna"),
        ("dna/splice_uci.csv.gz", 2400, "dna"),
        ("dna/yeast_promoter_dream.csv.gz", 5170, "dna"),
        ("protein/flip_gb1.csv.gz", 8733, "protein"),
        ("protein/deeploc_subset.csv.gz", 4446, "protein"),
    ],
)
def test_tables_of_sequences_open_whole(file, count, alphabet):
    dataset = open_data([DATA / file])
    assert (len(dataset), dataset.samples[0].alphabet) == (count, alphabet)
    assert not dataset.problems
