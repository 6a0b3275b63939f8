"""What tifffile does not check: chains that loop, strips that are missing, pixels that lie outside the file."""

import os
import struct
from math import prod
from typing import IO, Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry

_COPY = "Get a sound copy of it"
_MOST_PAGES = 100_000


def check_chain(entry: Entry, file: IO[bytes], problems: list[Problem]) -> None:
    """Walk the chain of directories; raise `Fault` where it leaves the file at once, tell where it does so later."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    offset_at, offset_type, count_type, tag_size = (8, "Q", "Q", 20) if big else (4, "I", "H", 12)
    if len(head) < (16 if big else 8):
        raise Fault(entry.name, "it is truncated (cut short) in its header", _COPY)
    (offset,) = struct.unpack_from(order + offset_type, head, offset_at)
    seen: set[int] = set()
    while offset and len(seen) < _MOST_PAGES:
        if offset in seen:
            problems.append(Problem(entry.name, f"its chain of pages loops after page {len(seen)}"))
            break
        fault = _directory_fault(file, size, offset, order + count_type, tag_size)
        if fault and not seen:
            raise Fault(entry.name, fault, _COPY)
        if fault:
            problems.append(Problem(entry.name, f"after page {len(seen)} {fault}; pages may be missing"))
            break
        seen.add(offset)
        (offset,) = struct.unpack(order + offset_type, file.read(struct.calcsize(offset_type)))
    if not seen:
        raise Fault(entry.name, "it holds no image", _COPY)
    file.seek(0)


def _directory_fault(file: IO[bytes], size: int, offset: int, count_type: str, tag_size: int) -> str:
    """Say what is wrong with the directory at an offset; leaves the file at the offset of the next one."""
    counter = struct.calcsize(count_type)
    if offset + counter > size:
        return f"the offset of its directory ({offset}) lies outside the file: it is truncated or damaged"
    file.seek(offset)
    (tags,) = struct.unpack(count_type, file.read(counter))
    if tags == 0 or tags > 4096:
        return f"its directory claims {tags} tags"
    end = offset + counter + tags * tag_size
    if end + (8 if tag_size == 20 else 4) > size:
        return "its directory is truncated (cut short)"
    file.seek(end)
    return ""


def check_page(entry: Entry, tiff: Any, problems: list[Problem]) -> None:
    """Check the first page's numbers against each other and the file's size; raise `Fault` where pixels are missing."""
    page = tiff.pages[0]
    size = tiff.filehandle.size
    what = entry.name
    if any(tag.code == 330 and page.offset in _numbers(tag.value) for tag in page.tags):
        problems.append(Problem(what, "one of its directories points back to itself: the chain loops"))
    if page.imagewidth < 1 or page.imagelength < 1:
        raise Fault(what, f"its size is {page.imagewidth} x {page.imagelength}: it has no pixels", _COPY)
    if page.bitspersample not in (1, 2, 4, 6, 8, 10, 12, 14, 16, 24, 32, 64) or page.dtype is None:
        raise Fault(
            what, f"it has {page.bitspersample} bits a sample, which no reader knows", "Save it with 8 or 16 bits"
        )
    if page.is_tiled and 0 in (page.tilewidth, page.tilelength):
        raise Fault(what, "the size of its tiles is 0", _COPY)
    if page.photometric == 3 and "ColorMap" not in page.tags:
        problems.append(Problem(what, "it has a palette but the colour map is missing; the indices are opened"))
    _check_compression(what, page)
    _check_strips(what, page, size, problems)


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,) if isinstance(value, int) else ()


def _check_compression(what: str, page: Any) -> None:
    from tifffile import COMPRESSION, TIFF

    code = int(page.compression)
    if code not in COMPRESSION._value2member_map_ or (code != 1 and code not in TIFF.DECOMPRESSORS):
        raise Fault(what, f"its compression ({code}) is not known", "Save it with LZW, deflate or no compression")


def _check_strips(what: str, page: Any, size: int, problems: list[Problem]) -> None:
    offsets, counts = page.dataoffsets, page.databytecounts
    needed = prod(page.chunked)
    piece = "tile" if page.is_tiled else "strip"
    if not offsets or len(offsets) != len(counts):
        raise Fault(what, f"it names {len(offsets)} {piece}s and {len(counts)} sizes: pixel data is missing", _COPY)
    outside = [i for i, (at, count) in enumerate(zip(offsets, counts)) if count and at + count > size]
    claimed = page.nbytes
    if page.compression == 1 and claimed > size:
        raise Fault(
            what,
            f"it claims a size of {page.imagewidth} x {page.imagelength} pixels of {page.samplesperpixel} samples"
            f" ({claimed:,} bytes), but the file has {size:,}: pixel data is missing",
            _COPY,
        )
    if outside:
        fault = f"the offset of {piece} {outside[0]} lies outside the file (it is truncated): pixel data is missing"
        raise Fault(what, fault, _COPY)
    tag = page.tags.get(324 if page.is_tiled else 273)
    if tag is not None and tag.count < needed:
        if not page.is_contiguous:
            raise Fault(what, f"{needed - tag.count} of {needed} {piece}s are missing", _COPY)
        message = f"{needed - tag.count} of {needed} {piece}s are missing in its list; the bytes that follow were taken"
        problems.append(Problem(what, message))
    if page.compression == 1 and sum(counts) < claimed * min(page.bitspersample, 8) // 8:
        raise Fault(what, f"its {piece}s hold {sum(counts):,} of {claimed:,} bytes: pixel data is missing", _COPY)
