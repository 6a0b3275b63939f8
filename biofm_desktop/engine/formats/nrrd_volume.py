"""NRRD volumes, also a ``.nhdr`` header with its data file beside it."""

import bz2
import gzip
from collections.abc import Iterator
from functools import partial
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .entry import Entry, faults_of
from .limits import check_memory
from .nrrd_header import MARK, NrrdHeader, read_nrrd_header
from .nrrd_space import channel_axis, place_of

_COPY = "Get a sound copy of it"
_STEP = 1 << 20


class Nrrd(Format):
    """A picture or volume, with channels where one axis is none of space."""

    name, title, suffixes, takes = "nrrd", "NRRD volume", (".nrrd", ".nhdr"), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the mark of NRRD is there, or the ending is."""
        return head.startswith(MARK) or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the one volume."""
        header = read_nrrd_header(entry, problems)
        channel = channel_axis(entry, header)
        spatial = len(header.sizes) - (channel is not None)
        axes = list("ZYX"[3 - spatial :])
        if channel is not None:
            axes.insert(len(axes) - channel, "C")
        place = place_of(entry, header, channel, problems)
        shape = header.sizes[::-1]
        yield ImageSample(
            key=entry.stem,
            source=entry.source,
            pixels=LazyImage(shape, np.dtype(header.dtype).newbyteorder("="), partial(_voxels, entry, header)),
            axes="".join(axes),
            spacing=place.spacing,
            unit=place.unit if place.spacing else "pixel",
            affine=place.affine if spatial == 3 else (),
            facts={"order in the file": "X, Y, Z"} | place.facts,
        )


def _voxels(entry: Entry, header: NrrdHeader) -> NDArray[Any]:
    """Return the voxels, the slowest axis first; memory-mapped where they lie on the disk as they are."""
    dtype, shape = np.dtype(header.dtype), header.sizes[::-1]
    with faults_of(entry):
        begin = header.begin + header.skip if header.skip >= 0 else header.data.size - header.nbytes
        if header.encoding == "raw" and header.data.on_disk and not header.lines and dtype.isnative:
            return np.memmap(header.data.source, dtype, "r", begin, shape)
        check_memory(entry.name, header.nbytes)
        with header.data.open() as file:
            file.read(header.begin)
            for _ in range(header.lines):
                file.readline(_STEP)
            data = _unpacked(entry, header, file)
    voxels = np.frombuffer(data, dtype).reshape(shape)
    return voxels if dtype.isnative else voxels.astype(dtype.newbyteorder("="))


def _unpacked(entry: Entry, header: NrrdHeader, file: IO[bytes]) -> bytes:
    """Return exactly the bytes of the voxels; raise `Fault` where there are too few."""
    if header.encoding == "ascii":
        return _from_words(entry, header, file)
    wanted = header.nbytes + max(header.skip, 0)
    if header.encoding == "raw" and header.skip < 0:
        file.read(header.data.size - header.begin - header.nbytes)
    packed: Any = file
    if header.encoding != "raw":
        packed = gzip.GzipFile(fileobj=file) if header.encoding == "gzip" else bz2.BZ2File(file)
    data = bytes(packed.read(wanted + 1))  # one more: only then is the checksum at the end looked at
    if len(data) < wanted:
        fault = f"it is truncated (cut short): {wanted - len(data):,} of {wanted:,} bytes are missing"
        raise Fault(entry.name, fault, _COPY)
    return data[wanted - header.nbytes : wanted]


def _from_words(entry: Entry, header: NrrdHeader, file: IO[bytes]) -> bytes:
    dtype = np.dtype(header.dtype)
    count = header.nbytes // dtype.itemsize
    words = file.read().split(maxsplit=count)[:count]
    if len(words) < count:
        raise Fault(entry.name, f"it is truncated (cut short): {len(words):,} of {count:,} numbers are there", _COPY)
    return np.array([float(word) if dtype.kind == "f" else int(word) for word in words]).astype(dtype).tobytes()
