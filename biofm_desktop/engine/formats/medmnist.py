"""MedMNIST archives (.npz): images and labels of train, val and test in one file. Nothing is ever unpickled."""

import zipfile
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .entry import Entry, faults_of
from .limits import check_memory
from .numpy_arrays import arrays_of
from .numpy_header import read_header

_SPLITS = ("train", "val", "test")
#: Class names of the public sets, in the order of their numbers (medmnist.com, CC BY 4.0).
CLASS_NAMES: dict[str, tuple[str, ...]] = {
    "pneumoniamnist": ("normal", "pneumonia"),
    "breastmnist": ("malignant", "normal or benign"),
    "bloodmnist": (
        "basophil",
        "eosinophil",
        "erythroblast",
        "immature granulocyte",
        "lymphocyte",
        "monocyte",
        "neutrophil",
        "platelet",
    ),
    "pathmnist": (
        "adipose",
        "background",
        "debris",
        "lymphocytes",
        "mucus",
        "smooth muscle",
        "normal colon mucosa",
        "cancer-associated stroma",
        "colorectal adenocarcinoma epithelium",
    ),
    "dermamnist": (
        "actinic keratoses",
        "basal cell carcinoma",
        "benign keratosis",
        "dermatofibroma",
        "melanoma",
        "melanocytic nevi",
        "vascular lesions",
    ),
    "octmnist": ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
}


class Npz(Format):
    """An .npz with ``train_images``, ``train_labels`` and likewise for val and test; of another one each array."""

    name, title, suffixes, takes = "npz", "MedMNIST or other NumPy archive (.npz)", (".npz",), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it is a zip by the name of an .npz."""
        return head.startswith(b"PK") and entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the images one by one, with split and class; the arrays are read at the first use of a pixel."""
        with faults_of(entry), entry.open_seekable() as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            headers = {split: _header(entry, archive, split) for split in _SPLITS if f"{split}_images.npy" in names}
        if not headers:
            yield from arrays_of(entry, problems)
        for split, (shape, dtype) in headers.items():
            yield from self._of_split(entry, split, shape, dtype, f"{split}_labels.npy" in names)

    def classes(self, entry: Entry) -> tuple[str, ...]:
        """Return the public set's names, else the numbers that occur, in their order."""
        if class_names(entry):
            return class_names(entry)
        with faults_of(entry), entry.open_seekable() as file, zipfile.ZipFile(file) as archive:
            there = [split for split in _SPLITS if f"{split}_labels.npy" in archive.namelist()]
        arrays = [_array(entry, f"{split}_labels") for split in there]
        if not arrays or any(array.reshape(len(array), -1).shape[1] != 1 for array in arrays):
            return ()
        return tuple(str(number) for number in np.unique(np.concatenate([array.ravel() for array in arrays])))

    def _of_split(
        self, entry: Entry, split: str, shape: tuple[int, ...], dtype: "np.dtype[Any]", labelled: bool
    ) -> Iterator[ImageSample]:
        name = f"{split}_images"
        colour = len(shape) in (4, 5) and shape[-1] == 3
        axes = ("YX" if len(shape) - colour == 3 else "ZYX") + ("C" if colour else "")
        if len(shape) != len(axes) + 1 or dtype.kind not in "uif":
            raise Fault(
                entry.name,
                f"the array {name} has shape {shape} of {dtype}, which are no images",
                "Save them as (N, Y, X)",
            )
        labels = _labels(entry, split, shape[0]) if labelled else [None] * shape[0]
        for i, label in enumerate(labels):
            yield ImageSample(
                key=f"{split}_{i:05d}",
                source=entry.source,
                pixels=LazyImage(shape[1:], dtype, partial(_image, entry, name, i)),
                axes=axes,
                channels=("red", "green", "blue") if colour else (),
                target=label,
                split=split,
            )


def class_names(entry: Entry) -> tuple[str, ...]:
    """Return the names of the classes where the file is one of the public sets."""
    stem = entry.stem.lower().removesuffix("_64").removesuffix("_128").removesuffix("_224")
    return CLASS_NAMES.get(stem, ())


def _header(entry: Entry, archive: zipfile.ZipFile, split: str) -> tuple[tuple[int, ...], "np.dtype[Any]"]:
    member = archive.getinfo(f"{split}_images.npy")
    with archive.open(member) as file:
        shape, _, dtype = read_header(entry, file, member.file_size, member.filename)
    return shape, dtype


def _labels(entry: Entry, split: str, count: int) -> list[str | None]:
    values = _array(entry, f"{split}_labels")
    if values.shape[:1] != (count,):
        raise Fault(entry.name, f"{count} images but {values.shape[0]} labels in {split}", "Get a sound copy of it")
    values = values.reshape(count, -1)
    if values.dtype.kind not in "uib" or (values.size and values.min() < 0):
        raise Fault(entry.name, f"the labels of {split} are not whole numbers from 0", "Save class numbers from 0")
    names = class_names(entry)
    if values.shape[1] != 1:  # several marks an image: kept as one text, which no task of one class takes by mistake
        return [" ".join(map(str, row)) for row in values.tolist()]
    plain = [int(value) for value in values[:, 0]]
    return [names[value] if value < len(names) else str(value) for value in plain]


@lru_cache(maxsize=8)
def _array(entry: Entry, name: str) -> NDArray[Any]:
    """Return one array, read once and shared by all its images."""
    with faults_of(entry), entry.open_seekable() as file, np.load(file, allow_pickle=False) as archive:
        check_memory(entry.name, archive.zip.getinfo(f"{name}.npy").file_size)
        array: NDArray[Any] = archive[name]
    array.flags.writeable = False
    return array


def _image(entry: Entry, name: str, place: int) -> NDArray[Any]:
    image: NDArray[Any] = _array(entry, name)[place]
    return image
