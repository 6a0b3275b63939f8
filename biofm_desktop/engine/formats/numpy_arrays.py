"""NumPy arrays as images: one .npy, or each array of an .npz that is none of MedMNIST."""

import re
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .entry import Entry, faults_of
from .limits import check_memory
from .numpy_header import read_header
from .told import problem_of

_LABELS = re.compile(r"(^|[^A-Za-z])(labels?|masks?)($|[^A-Za-z])", re.IGNORECASE)


class Npy(Format):
    """One array of two axes (Y, X) or three (Z, Y, X; or Y, X and three colours)."""

    name, title, suffixes, takes = "npy", "NumPy array (.npy)", (".npy",), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the mark of NumPy or the ending is there."""
        return head.startswith(b"\x93NUMPY") or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the array as one image."""
        with faults_of(entry), entry.open() as file:
            shape, columns_first, dtype = read_header(entry, file, entry.size)
            offset = file.tell()
        load = partial(_mapped, entry, shape, columns_first, dtype.str, offset)
        sample = image_of(entry, "", shape, dtype, load)
        _check_labels(entry, sample)
        yield sample


def image_of(entry: Entry, name: str, shape: tuple[int, ...], dtype: "np.dtype[Any]", load: Any) -> ImageSample:
    """Return an array as an image; raise `Fault` where it is none."""
    colour = len(shape) == 3 and shape[-1] == 3 and dtype == np.uint8
    if len(shape) not in (2, 3) or dtype.kind not in "buif" or 0 in shape:
        fault = f"an array of shape {shape} and type {dtype} is no image (nor labels of one)"
        place = f"array {name}" if name else ""
        raise Fault(entry.name, fault, "Save images as (Y, X) or (Z, Y, X), labels as whole numbers", place=place)
    return ImageSample(
        key=f"{entry.stem}_{name}" if name else entry.stem,
        source=entry.source,
        pixels=LazyImage(shape, dtype, load),
        axes="YXC" if colour else "ZYX"[3 - len(shape) :],
        facts={"array": name or entry.stem},
    )


def _check_labels(entry: Entry, sample: ImageSample) -> None:
    """Raise `Fault` where an array that is called labels or a mask holds what cannot number anything."""
    if sample.pixels.dtype.kind != "f" or not _LABELS.search(entry.stem):
        return
    values = sample.pixels.read()
    if not (np.isfinite(values).all() and (values >= 0).all() and (values == np.floor(values)).all()):
        fault = "by its name it holds labels, but these must be whole numbers from 0"
        raise Fault(entry.name, fault, "Save labels as whole numbers, or give an image another name")


def _mapped(entry: Entry, shape: tuple[int, ...], columns_first: bool, dtype: str, offset: int) -> NDArray[Any]:
    with faults_of(entry):
        if entry.on_disk:
            return np.memmap(entry.source, dtype, "r", offset, shape, "F" if columns_first else "C")
        check_memory(entry.name, entry.size)
        return np.ndarray(shape, dtype, entry.read_bytes(), offset, order="F" if columns_first else "C")


def arrays_of(entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
    """Give each array of an archive as an image; those that are none become problems."""
    with faults_of(entry), entry.open_seekable() as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            try:
                with archive.open(member) as opened:
                    shape, _, dtype = read_header(entry, opened, member.file_size, name)
                yield image_of(entry, name, shape, dtype, partial(_member, entry, member.filename))
            except Fault as fault:
                problems.append(problem_of(fault))


def _member(entry: Entry, name: str) -> NDArray[Any]:
    with faults_of(entry), entry.open_seekable() as file, zipfile.ZipFile(file) as archive:
        check_memory(entry.name, archive.getinfo(name).file_size)
        with archive.open(name) as opened:
            return np.asarray(np.lib.format.read_array(opened, allow_pickle=False))
