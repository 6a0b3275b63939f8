"""NIfTI-1 and -2, also packed: pixels as (Z, Y, X), scaled; affine, spacing in mm and orientation kept."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .entry import GZIP, Entry, entry_of, faults_of
from .limits import MOST_RATIO, check_memory, in_words
from .nifti_space import affine_of, orientation_of, spacing_of

_COPY = "Get a sound copy of it"
_MOST_BYTES = 64_000_000_000


@dataclass(frozen=True)
class Voxels:
    """Where the voxels of a file lie and how they are scaled; ``shape`` in the order of the array (Z, Y, X)."""

    entry: Entry
    shape: tuple[int, ...]
    stored: str
    offset: int
    slope: float
    shift: float

    @property
    def dtype(self) -> "np.dtype[Any]":
        """Return the type after scaling: as stored where there is none, whole numbers where they stay whole."""
        stored = np.dtype(self.stored)
        if (self.slope, self.shift) == (1, 0):
            return stored.newbyteorder("=")
        whole = self.slope.is_integer() and self.shift.is_integer() and stored.kind in "ui" and stored.itemsize <= 2
        return np.dtype(np.int32 if whole and abs(self.slope) * 65536 + abs(self.shift) < 2**31 else np.float32)

    @property
    def nbytes(self) -> int:
        """Return the size of the stored voxels in bytes."""
        return math.prod(self.shape) * np.dtype(self.stored).itemsize

    def read(self) -> NDArray[Any]:
        """Return the scaled voxels; memory-mapped where nothing is packed or scaled."""
        entry, dtype = self.entry, np.dtype(self.stored)
        packed = entry.head_raw(2) == GZIP
        if entry.on_disk and not packed:
            with faults_of(entry):
                data: NDArray[Any] = np.memmap(entry.source, dtype, "r", self.offset, self.shape)
        else:
            check_memory(entry.name, self.nbytes)
            raw = entry.read_bytes(self.offset + self.nbytes + 1_000_000)
            missing = self.offset + self.nbytes - len(raw)
            if missing > 0:
                raise Fault(entry.name, f"it is truncated (cut short): {missing:,} bytes are missing", _COPY)
            data = np.frombuffer(raw, dtype, math.prod(self.shape), self.offset).reshape(self.shape)
        if self.dtype == dtype.newbyteorder("="):
            return data if dtype.isnative else data.astype(self.dtype)
        scale = np.float64 if self.dtype == np.int32 else np.float32
        return (data * scale(self.slope) + scale(self.shift)).astype(self.dtype)


class Nifti(Format):
    """A volume, or several of equal size as channels; ``.hdr`` with its ``.img`` too."""

    name, title, suffixes, takes = "nifti", "NIfTI volume", (".nii", ".nii.gz", ".hdr"), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the mark of NIfTI is there, or the ending is."""
        marked = head[344:348] in (b"n+1\0", b"ni1\0") or head[4:8] in (b"n+2\0", b"ni2\0")
        return marked or entry.suffix == ".nii"

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the one volume."""
        head = entry.head()
        if entry.path.name.lower().endswith(".gz") and entry.head_raw(2) != GZIP:
            problems.append(Problem(entry.name, "it is named .gz but is not packed by gzip; it was read as it is"))
        header = _header(entry, head)
        shape, axes = _shape(entry, header)
        voxels = _voxels(entry, header, shape, problems)
        _check_extension(entry, head, header, problems)
        affine = affine_of(entry, header, problems)
        spatial = sum(axis in "ZYX" for axis in axes)
        spacing = spacing_of(entry, header, spatial, problems)
        yield ImageSample(
            key=entry.stem,
            source=entry.source,
            pixels=LazyImage(voxels.shape, voxels.dtype, partial(Voxels.read, voxels)),
            axes=axes,
            spacing=spacing,
            unit="mm" if spacing else "pixel",
            affine=affine if "Z" in axes else (),
            facts={"orientation": orientation_of(affine)} if affine else {},
        )


def _header(entry: Entry, head: bytes) -> Any:
    """Return nibabel's header, unchecked; raise `Fault` where it is cut or of another kind."""
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    second = head[4:8] in (b"n+2\0", b"ni2\0")
    if len(head) < (540 if second else 348):
        raise Fault(entry.name, "it is truncated (cut short) in its header", _COPY)
    sizes = {struct.pack(order + "i", 540 if second else 348) for order in "<>"}
    if head[:4] not in sizes or not (second or head[344:348] in (b"n+1\0", b"ni1\0")):
        raise Fault(entry.name, "it is not NIfTI: its mark is wrong", "Choose another file, or get a sound copy of it")
    with faults_of(entry):
        kind, size = (Nifti2Header, 540) if second else (Nifti1Header, 348)
        return kind(binaryblock=head[:size], check=False)


def _shape(entry: Entry, header: Any) -> tuple[tuple[int, ...], str]:
    """Return the array's shape and axes (the last axis in the file comes first); RGB is left to `_voxels`."""
    dims = [int(size) for size in header["dim"]]
    if not 1 <= dims[0] <= 7:
        raise Fault(entry.name, f"it claims {dims[0]} dimensions", _COPY)
    sizes = dims[1 : dims[0] + 1]
    if min(sizes) < 1:
        raise Fault(entry.name, f"a dimension is {min(sizes)}, in {sizes}", _COPY)
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    if len(sizes) == 5 and sizes[3] == 1:
        del sizes[3]
    if len(sizes) not in (2, 3, 4):
        raise Fault(
            entry.name, f"its dimensions {sizes} are more than a volume with channels", "Save one volume a file"
        )
    return tuple(sizes[::-1]), "CZYX"[4 - len(sizes) :] if len(sizes) > 2 else "YX"


def _voxels(entry: Entry, header: Any, shape: tuple[int, ...], problems: list[Problem]) -> Voxels:
    code = int(header["datatype"])
    try:
        dtype = np.dtype(header.get_data_dtype())
    except Exception as error:
        raise Fault(entry.name, f"its voxel type ({code}) is not known", "Save it as int16 or float32") from error
    if dtype.kind not in "uif":
        raise Fault(entry.name, f"its voxel type ({dtype}) is not one of plain numbers", "Save it as int16 or float32")
    if int(header["bitpix"]) != dtype.itemsize * 8:
        message = (
            f"it claims {int(header['bitpix'])} bits a voxel, its type has {dtype.itemsize * 8}; the type was taken"
        )
        problems.append(Problem(entry.name, message))
    data = _data_entry(entry, header)
    offset = float(header["vox_offset"])
    if not math.isfinite(offset) or offset != int(offset) or (data is entry and offset < 348) or offset < 0:
        raise Fault(entry.name, f"the offset of its voxels ({offset:g}) is not valid", _COPY)
    slope, shift = _scale(entry, header, problems)
    voxels = Voxels(data, shape, dtype.str, int(offset), slope, shift)
    _check_size(data, voxels)
    return voxels


def _data_entry(entry: Entry, header: Any) -> Entry:
    if bytes(header["magic"]).rstrip(b"\0")[:2] != b"ni":
        return entry
    image = entry.source.with_suffix(".img")
    if entry.member or not image.is_file():
        raise Fault(
            entry.name, f"its voxels are missing: there is no {image.name} beside it", "Put the .img file beside it"
        )
    return entry_of(image, image.name)


def _scale(entry: Entry, header: Any, problems: list[Problem]) -> tuple[float, float]:
    slope, shift = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0:
        return 1.0, 0.0  # the standard: 0 means no scaling
    if not math.isfinite(slope) or not math.isfinite(shift):
        problems.append(
            Problem(entry.name, f"its scale ({slope:g}, {shift:g}) is not finite; values are opened unscaled")
        )
        return 1.0, 0.0
    return slope, shift


def _check_size(data: Entry, voxels: Voxels) -> None:
    needed = voxels.offset + voxels.nbytes
    packed = data.head_raw(2) == GZIP
    if voxels.nbytes > _MOST_BYTES or (packed and voxels.nbytes > MOST_RATIO * data.size):
        claim = f"it claims a size of {in_words(voxels.nbytes)}, the file has {in_words(data.size)}"
        raise Fault(data.name, claim, _COPY)
    if not packed and voxels.offset > data.size:
        raise Fault(data.name, f"the offset of its voxels ({voxels.offset:,}) lies outside the file", _COPY)
    if not packed and needed > data.size:
        claim = f"it claims a size of {needed:,} bytes and has {data.size:,}"
        raise Fault(data.name, f"it is truncated (cut short): {claim}", _COPY)


def _check_extension(entry: Entry, head: bytes, header: Any, problems: list[Problem]) -> None:
    size = int(header["sizeof_hdr"])
    if len(head) < size + 12 or head[size] == 0 or bytes(header["magic"])[:2] != b"n+":
        return
    (length,) = struct.unpack_from(("<" if header.endianness == "<" else ">") + "i", head, size + 4)
    if length < 8 or size + 4 + length > float(header["vox_offset"]):
        problems.append(Problem(entry.name, f"its header extension ({length:,} bytes) is damaged and was left out"))
