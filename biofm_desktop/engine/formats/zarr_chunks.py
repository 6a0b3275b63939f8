"""The chunks of an array that are there, are missing, are cut, or claim more than their shape allows."""

import bz2
import lzma
import struct
import zlib
from math import prod
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .left_out import quoted, some
from .limits import in_words
from .zarr_array import ZarrArray
from .zarr_files import ZarrFiles

_MOST_COUNTED = 1_000_000
_SLACK = 65_536  # bytes that packing may add, and that an index of a shard takes
_COPY = "Get a sound copy of it"


def tell_chunks(files: ZarrFiles, array: ZarrArray, problems: list[Problem]) -> None:
    """Tell of chunks that are missing or cut; raise `Fault` where one is larger than its shape."""
    there, cut = 0, list[str]()
    for key, size in files.walk(array.path):
        if not _is_chunk(array, key):
            continue
        there += 1
        if size > 2 * array.chunk_bytes + _SLACK:
            raise too_large(files, key, array)
        if array.plain and size != array.chunk_bytes:
            cut.append(f"{quoted(key)} has {size:,} of {array.chunk_bytes:,} bytes")
        if there > _MOST_COUNTED:
            return
    place = f"array {array.path}: " if array.path else ""
    if cut:
        message = f"{place}{len(cut):,} chunks are cut or damaged and were left out: {some(cut)}"
        problems.append(Problem(files.what, message))
    wanted = prod(array.grid)
    if there < wanted:
        none = "; it holds no data" if not there else ""
        message = f"{place}{wanted - there:,} of {wanted:,} chunks are missing{none}: they read as the fill value"
        problems.append(Problem(files.what, message))


def _is_chunk(array: ZarrArray, key: str) -> bool:
    if not key.startswith(array.first):
        return False
    parts = key.removeprefix(array.first).split(array.separator)
    sound = len(parts) == len(array.grid) and all(part.isascii() and part.isdecimal() for part in parts)
    return sound and all(int(part) < count for part, count in zip(parts, array.grid))


def chunk_key(array: ZarrArray, place: tuple[int, ...]) -> str:
    """Return the key of the chunk at a place of the grid, in the array's folder."""
    return array.first + array.separator.join(map(str, place))


def too_large(files: ZarrFiles, key: str, array: ZarrArray) -> Fault:
    """Return the fault of a chunk that holds more than its shape."""
    fault = f"its chunk {quoted(key)} holds more than the {in_words(array.chunk_bytes)} of its shape {array.chunks}"
    return Fault(files.what, fault, _COPY)


def is_bomb(array: ZarrArray, data: bytes) -> bool:
    """Say whether a packed chunk unpacks to much more than its shape; what cannot be told passes."""
    most = 8 * array.chunk_bytes + _SLACK  # filters may store wider numbers than they give
    if len(data) > 2 * array.chunk_bytes + _SLACK:
        return True
    match array.packer:
        case "blosc" if len(data) >= 16:
            return int(struct.unpack_from("<I", data, 4)[0]) > most
        case "lz4" if len(data) >= 4:
            return int(struct.unpack_from("<I", data)[0]) > most
        case "zstd":
            return _zstd_size(data) > most
        case "zlib" | "gzip" | "bz2" | "lzma":
            return _longer(array.packer, data, most)
    return False


def _longer(packer: str, data: bytes, most: int) -> bool:
    """Say whether a stream unpacks to more than ``most`` bytes, without unpacking more."""
    unpackers: dict[str, Any] = {
        "zlib": zlib.decompressobj,
        "gzip": lambda: zlib.decompressobj(31),
        "bz2": bz2.BZ2Decompressor,
        "lzma": lzma.LZMADecompressor,
    }
    try:
        return len(unpackers[packer]().decompress(data, most + 1)) > most
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        return False  # the reader says what is wrong with it


def _zstd_size(data: bytes) -> int:
    """Return the size that the header of a Zstandard frame states (RFC 8878); 0 where it states none."""
    if len(data) < 6 or data[:4] != b"\x28\xb5\x2f\xfd":
        return 0
    flags = data[4]
    single, width = flags >> 5 & 1, (0, 2, 4, 8)[flags >> 6]
    width = width or single
    at = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    size = int.from_bytes(data[at : at + width], "little")
    return size + 256 if width == 2 else size
