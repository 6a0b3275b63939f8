"""HDF5 arrays and AnnData."""

from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import inspect, open_data
from biofm_desktop.engine.samples import ImageSample, TableSample

PBMC = Path("/work/shared/data/expression/pbmc68k_reduced.h5ad")
COUNTS = np.arange(12, dtype=np.float32).reshape(3, 4)


def cells(path, x=COUNTS, genes=("A", "B", "C", "D"), names=("c1", "c2", "c3")):
    obs = pd.DataFrame({"label": pd.Categorical(["T", "B", "T"]), "donor": ["d1", "d2", None], "n": [1, 2, 3]})
    obs.index = list(names)
    made = anndata.AnnData(x, obs.astype({"donor": object}), pd.DataFrame(index=list(genes)))
    made.write_h5ad(path)
    return path


def opened(path):
    dataset = open_data([path])
    return dataset.samples, " ".join(map(str, dataset.problems))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_a_cell_is_a_row_with_its_annotations_and_genes(tmp_path, form):
    samples, told = opened(cells(tmp_path / "a.h5ad", form(COUNTS)))
    assert told == ""
    assert [sample.key for sample in samples] == ["c1", "c2", "c3"]
    assert (samples[0].target, samples[0].cells["donor"], samples[2].cells["donor"]) == ("T", "d1", None)
    assert samples[1].table.measured == ("A", "B", "C", "D")
    assert samples[1].table.measurements(1, 3).tolist() == COUNTS[1:3].tolist()
    assert samples[1].numbers().tolist() == [2, 4, 5, 6, 7]


def test_a_large_matrix_is_read_in_blocks_of_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("biofm_desktop.engine.formats.h5ad_matrix._BLOCK", 16)
    samples, _ = opened(cells(tmp_path / "a.h5ad", sparse.csr_matrix(COUNTS)))
    assert [block.shape for block in samples[0].table.blocks] == [(1, 4)] * 3
    assert samples[0].table.measurements(0, 3).tolist() == COUNTS.tolist()


def test_inspect_tells_shape_and_values(tmp_path):
    value = inspect(cells(tmp_path / "a.h5ad"))["value"]
    assert (value["shape"], value["x_1_1"]) == ([3, 4], 5.0)


def test_doubled_names_and_values_that_are_not_finite_are_told(tmp_path):
    samples, told = opened(cells(tmp_path / "a.h5ad", COUNTS * np.float32(np.nan), genes=("A", "A", "C", "D")))
    assert "gene names are doubled" in told
    assert "12 values that are NaN" in told
    assert samples[0].table.measured == ("A", "A'", "C", "D")


def damaged(path, change):
    with h5py.File(cells(path, sparse.csr_matrix(COUNTS)), "r+") as file:
        change(file)
    return path


def more_cells(file):
    file["X"].attrs["shape"] = [9, 4]


def far_index(file):
    file["X/indices"][0] = 77


def far_category(file):
    file["obs/label/codes"][0] = 77


def link_out(file):
    del file["obs/n"]
    file["obs/n"] = h5py.ExternalLink("../secret.h5", "/token")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (more_cells, "9 x 4"),
        (far_index, "sparse"),
        (far_category, "label"),
        (link_out, "link that leads to another file"),
    ],
)
def test_damage_is_refused_by_its_part(tmp_path, change, word):
    with pytest.raises(Fault, match=rf"a\.h5ad.*{word}"):
        open_data([damaged(tmp_path / "a.h5ad", change)])


@pytest.mark.parametrize(("cut", "word"), [(slice(0, 900), "truncated"), (slice(9, None), "not HDF5")])
def test_what_is_cut_or_no_hdf5_is_refused(tmp_path, cut, word):
    path = cells(tmp_path / "a.h5ad")
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(Fault, match=rf"a\.h5ad: .*{word}"):
        open_data([path])


def test_each_array_of_plain_hdf5_is_an_image_and_others_are_told(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["raw/volume"] = np.arange(24, dtype=">u2").reshape(2, 3, 4)
        file["mask"] = np.eye(3, dtype=np.uint8)
        file["line"] = np.arange(3)
    samples, told = opened(tmp_path / "a.h5")
    assert [(sample.key, sample.axes) for sample in samples] == [("a_mask", "YX"), ("a_raw_volume", "ZYX")]
    assert samples[1].pixels.read().tolist() == np.arange(24).reshape(2, 3, 4).tolist()
    assert all(isinstance(sample, ImageSample) for sample in samples)
    assert "line" in told


def test_nothing_outside_a_plain_file_is_read_and_loops_end(tmp_path):
    (tmp_path / "secret.raw").write_bytes(bytes(range(16)))
    inner = tmp_path / "inner"
    inner.mkdir()
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["token"] = np.ones((4, 4))
    layout = h5py.VirtualLayout((4, 4), "f8")
    layout[:] = h5py.VirtualSource("../secret.h5", "token", (4, 4))
    with h5py.File(inner / "a.h5", "w") as file:
        file["sound"] = np.zeros((2, 2))
        file["far"] = h5py.ExternalLink("../secret.h5", "/token")
        file.create_dataset("raw", (4, 4), "u1", external=[("../secret.raw", 0, 16)])
        file.create_virtual_dataset("virtual", layout)
        file["self"] = h5py.SoftLink("/self")
        file["loop"] = file["/"]
    samples, told = opened(inner / "a.h5")
    assert [sample.key for sample in samples] == ["a_sound"]
    for name in ("far", "raw", "virtual", "self", "loop"):
        assert f"{name}'" in told


@pytest.mark.skipif(not PBMC.is_file(), reason="the shared real data is not on this machine")
def test_real_blood_cells_open_with_their_annotations():
    samples, _ = opened(PBMC)
    assert len(samples) == 700
    assert isinstance(samples[0], TableSample)
    assert samples[0].cells["bulk_labels"] == "CD14+ Monocyte"
    assert samples[0].table.measurements(0, 2).shape == (2, 765)
