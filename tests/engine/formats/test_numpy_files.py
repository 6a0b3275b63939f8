"""MedMNIST and other NumPy files."""

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data


def archive(path, **changes):
    arrays = {}
    for split, count in (("train", 4), ("val", 2), ("test", 2)):
        arrays[f"{split}_images"] = np.arange(count * 9, dtype=np.uint8).reshape(count, 3, 3)
        arrays[f"{split}_labels"] = np.arange(count).reshape(count, 1) % 2
    np.savez_compressed(path, **(arrays | changes))
    return path


def test_medmnist_gives_splits_and_classes_and_reads_pixels_late(tmp_path):
    dataset = open_data([archive(tmp_path / "made.npz")])
    assert [sample.split for sample in dataset] == ["train"] * 4 + ["val"] * 2 + ["test"] * 2
    assert dataset.classes == ("0", "1")
    assert dataset.samples[1].target == "1"
    assert dataset.samples[1].pixels.read().tolist() == [[9, 10, 11], [12, 13, 14], [15, 16, 17]]


def test_a_public_set_knows_the_names_of_its_classes(tmp_path):
    dataset = open_data([archive(tmp_path / "pneumoniamnist.npz")])
    assert dataset.classes == ("normal", "pneumonia")
    assert dataset.samples[1].target == "pneumonia"


def test_colour_images_are_told_by_their_last_axis(tmp_path):
    dataset = open_data([archive(tmp_path / "a.npz", train_images=np.zeros((4, 5, 5, 3), np.uint8))])
    assert dataset.samples[0].axes == "YXC"


def test_labels_and_images_of_other_counts_are_refused(tmp_path):
    with pytest.raises(Fault, match="4 images but 3 labels"):
        open_data([archive(tmp_path / "a.npz", train_labels=np.zeros((3, 1), int))])


def test_labels_that_are_no_whole_numbers_are_refused(tmp_path):
    with pytest.raises(Fault, match="whole numbers"):
        open_data([archive(tmp_path / "a.npz", train_labels=np.array([[0.5]] * 4))])


class Harmful:
    """Unpickling this would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_objects_are_refused_and_never_unpickled(tmp_path, ending):
    marker = tmp_path / "ran"
    array = np.array([[Harmful(marker)]], dtype=object)
    path = tmp_path / f"a.{ending}"
    (np.save if ending == "npy" else np.savez)(path, array, allow_pickle=True)
    with pytest.raises(Fault, match="pickle"):
        open_data([path])
    assert not marker.exists()


def test_an_array_is_an_image_and_is_mapped(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(12.0).reshape(3, 4))
    sample = open_data([tmp_path / "a.npy"]).samples[0]
    assert (sample.axes, sample.pixels.shape) == ("YX", (3, 4))
    assert isinstance(sample.pixels.read(), np.memmap)


def test_a_false_shape_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 4)))
    path.write_bytes(path.read_bytes().replace(b"(4, 4)", b"(9, 9)"))
    with pytest.raises(Fault, match=r"shape \(9, 9\)"):
        open_data([path])


@pytest.mark.parametrize("value", [1.5, np.nan, -3.0])
def test_an_array_called_labels_must_hold_whole_numbers(tmp_path, value):
    np.save(tmp_path / "labels-1.npy", np.array([[0.0, value]]))
    with pytest.raises(Fault, match=r"labels-1\.npy: .*whole numbers"):
        open_data([tmp_path / "labels-1.npy"])
    np.save(tmp_path / "image.npy", np.array([[0.0, value]]))
    assert len(open_data([tmp_path / "image.npy"])) == 1
    np.save(tmp_path / "labels-1.npy", np.array([[0.0, 2.0]]))
    assert len(open_data([tmp_path / "labels-1.npy"])) == 1
