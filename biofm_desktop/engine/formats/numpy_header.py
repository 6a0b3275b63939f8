"""The header of a NumPy array, read as data only; objects (pickles) are never opened."""

from math import prod
from typing import IO, Any

import numpy as np

from biofm_desktop.engine.faults import Fault

from .entry import Entry

_COPY = "Get a sound copy of it"


def read_header(
    entry: Entry, file: IO[bytes], size: int, name: str = ""
) -> tuple[tuple[int, ...], bool, "np.dtype[Any]"]:
    """Return shape, whether columns come first, and type of an array of ``size`` bytes with its header.

    Leaves the file where the numbers begin. Raises `Fault` for objects and for a shape that the size belies.
    """
    place = f"array {name}" if name else ""
    magic = file.read(8)
    if len(magic) < 8:
        raise Fault(entry.name, "it is truncated (cut short) in its header", _COPY, place=place)
    if magic[:6] != b"\x93NUMPY":
        raise Fault(entry.name, "it is not a NumPy array", _COPY, place=place)
    if magic[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise Fault(entry.name, f"its version {magic[6]}.{magic[7]} is not known", "Save it again", place=place)
    read = np.lib.format.read_array_header_1_0 if magic[6] == 1 else np.lib.format.read_array_header_2_0
    try:
        shape, columns_first, dtype = read(file)
    except Exception as error:  # noqa: BLE001 - its parser raises whatever Python's own raises
        raise Fault(entry.name, _why(error), _COPY, place=place, detail=repr(error)) from None
    if dtype.hasobject:
        fault = "it holds objects (a pickle), which can run code and are never opened"
        raise Fault(entry.name, fault, "Save plain numbers", place=place)
    if any(length < 0 for length in shape):
        raise Fault(entry.name, f"its shape {shape} is negative", _COPY, place=place)
    claimed = prod(shape) * dtype.itemsize
    if claimed > (there := size - file.tell()):
        fault = f"it is truncated or false: its shape {shape} claims a size of {claimed:,} bytes, {there:,} are there"
        raise Fault(entry.name, fault, _COPY, place=place)
    return tuple(shape), columns_first, dtype


def _why(error: Exception) -> str:
    words = str(error)
    if "EOF" in words:
        return "it is truncated (cut short) in its header"
    if "dtype" in words:
        return "its header names a type of numbers that is not known"
    return "its header cannot be read as plain data"
