"""The header of an NRRD file, checked before pynrrd parses it: sizes, type, byte order, where the voxels lie."""

import re
import sys
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry, entry_of, faults_of, shown
from .left_out import quoted

MARK = b"NRRD000"
_COPY = "Get a sound copy of it"
_LONGEST = 1_000_000  # bytes of header
_DEEPEST = 8
_ENCODINGS = {"raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
_ENCODINGS |= dict.fromkeys(("ascii", "text", "txt"), "ascii")
_TYPES = dict.fromkeys(("signed char", "int8", "int8_t"), "i1")
_TYPES |= dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1")
_TYPES |= dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2")
_TYPES |= dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2")
_TYPES |= dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4")
_TYPES |= dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4")
_TYPES |= dict.fromkeys(("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"), "i8")
_TYPES |= dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"), "u8")
_TYPES |= {"float": "f4", "double": "f8"}
_PATTERN = re.compile(r"%0?\d{0,2}d")


@dataclass(frozen=True)
class NrrdHeader:
    """What is needed of a header: ``sizes`` with the fastest axis first, ``fields`` as pynrrd parsed them.

    The voxels are in ``data`` from the byte ``begin`` on, after ``lines`` lines, and ``skip`` bytes further on (-1:
    they are the last bytes).
    """

    sizes: tuple[int, ...]
    dtype: str
    encoding: str
    data: Entry
    begin: int
    lines: int
    skip: int
    fields: dict[str, Any]

    @property
    def nbytes(self) -> int:
        """Return the bytes of all voxels."""
        return prod(self.sizes) * np.dtype(self.dtype).itemsize


def read_nrrd_header(entry: Entry, problems: list[Problem]) -> NrrdHeader:
    """Return the header; raise `Fault` naming the field that is not sound."""
    raw = _text_of(entry)
    fields = _parsed(entry, raw)
    sizes = _sizes(entry, fields)
    dtype = _dtype(entry, fields, problems)
    encoding = _ENCODINGS.get(str(fields.get("encoding", "")).lower(), "")
    if not encoding:
        fault = f"its encoding {quoted(fields.get('encoding', ''))} is not known"
        raise Fault(entry.name, fault, "Save it raw or packed by gzip")
    data = _data_of(entry, fields)
    skip = _whole(fields.get("byte skip", fields.get("byteskip", 0)))
    lines = _whole(fields.get("line skip", fields.get("lineskip", 0)))
    if skip is None or lines is None or skip < -1 or lines < 0 or (skip == -1 and encoding != "raw"):
        raise Fault(entry.name, "its skip (byte skip, line skip) is not valid", _COPY)
    header = NrrdHeader(sizes, dtype.str, encoding, data, len(raw) if data is entry else 0, lines, skip, fields)
    _check_size(entry, header)
    return header


def _text_of(entry: Entry) -> bytes:
    """Return the bytes of the header with the blank line that ends it."""
    head = entry.head_raw(_LONGEST)
    if not head.startswith(MARK):
        raise Fault(entry.name, "it is not NRRD: its mark is wrong", "Choose another file, or get a sound copy of it")
    found = re.search(rb"\r?\n\r?\n", head)
    if found:
        return head[: found.end()]
    if len(head) == _LONGEST:
        raise Fault(entry.name, f"its header is longer than {_LONGEST:,} bytes", _COPY)
    return head if head.endswith(b"\n") else head + b"\n"


def _parsed(entry: Entry, raw: bytes) -> dict[str, Any]:
    import nrrd

    lines = raw.decode("ascii", "replace").splitlines()
    try:
        fields = dict(nrrd.read_header([line + "\n" for line in _plain_lines(lines)]))
    except nrrd.NRRDError as error:
        raise Fault(entry.name, f"its header is not sound ({quoted(error)})", _COPY, detail=repr(error)) from None
    except Exception as error:  # noqa: BLE001 - pynrrd raises whatever NumPy's and Python's parsers raise
        named = next((word for word in ("sizes", "direction", "dimension", "origin") if word in repr(error)), "a field")
        raise Fault(entry.name, f"its header cannot be read ({named})", _COPY, detail=repr(error)) from None
    for name in ("type", "dimension", "sizes", "encoding"):
        if name not in fields:
            raise Fault(entry.name, f"its header has no field {name!r}", _COPY)
    return fields


def _plain_lines(lines: list[str]) -> list[str]:
    """Return the lines up to the blank one, or up to a list of files."""
    kept: list[str] = []
    for line in lines:
        if not line.strip() or (kept and ":" not in line and not line.startswith("#")):
            break
        kept.append(line)
    return kept


def _whole(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number == float(value) else None


def _sizes(entry: Entry, fields: dict[str, Any]) -> tuple[int, ...]:
    dimension, given = _whole(fields["dimension"]), np.ravel(fields["sizes"]).tolist()
    sizes = [_whole(size) for size in given]
    if dimension is None or not 1 <= dimension <= _DEEPEST or len(sizes) != dimension:
        raise Fault(entry.name, f"it has {len(sizes)} sizes for dimension {fields['dimension']}", _COPY)
    sound = [size for size in sizes if size is not None and 0 < size < 1 << 40]
    if len(sound) < len(sizes):
        raise Fault(entry.name, f"its sizes {' '.join(map(str, given))} are not valid", _COPY)
    return tuple(sound)


def _dtype(entry: Entry, fields: dict[str, Any], problems: list[Problem]) -> "np.dtype[Any]":
    known = _TYPES.get(str(fields["type"]).lower())
    if known is None:
        raise Fault(
            entry.name, f"its type {quoted(fields['type'])} is not one of plain numbers", "Save it as int16 or float"
        )
    dtype = np.dtype(known)
    given = str(fields.get("endian", "")).lower()
    order: Literal["<", ">", "="] = "<" if given == "little" else ">" if given == "big" else "="
    if dtype.itemsize > 1 and order == "=" and fields.get("encoding") not in ("ascii", "text", "txt"):
        message = f"its byte order (endian) is not given; {sys.byteorder} was taken"
        problems.append(Problem(entry.name, message))
    return dtype.newbyteorder(order)


def _data_of(entry: Entry, fields: dict[str, Any]) -> Entry:
    """Return the file of the voxels: this one, or one file beside it, never one elsewhere."""
    given = str(fields.get("data file", fields.get("datafile", "")))
    if not given:
        return entry
    name = given.split()[0] if _PATTERN.search(given) else given
    several = name != given or given.startswith("LIST")
    if given.startswith("LIST") or (several and "/" in given):
        fault = "its voxels lie in a list of files, perhaps outside its folder; none was read"
        raise Fault(entry.name, fault, "Save it as one .nrrd file")
    if "/" in name or "\\" in name or name in (".", "..") or ":" in name:
        fault = f"its voxels lie in {quoted(name)}, outside its folder; nothing was read there"
        raise Fault(entry.name, fault, "Put both files into one folder, or save it as one .nrrd file")
    first = _PATTERN.sub(lambda found: found[0] % _first_number(given), name)
    if entry.member:
        raise Fault(entry.name, "its voxels lie in a file of their own", "Unpack the archive and open the .nhdr file")
    beside = entry.source.parent / first
    if not beside.exists():
        raise Fault(entry.name, f"its data file {quoted(first)} is missing", "Put both files into one folder")
    if several:
        raise Fault(entry.name, "its voxels are spread over several files", "Save it as one .nrrd file")
    with faults_of(entry):
        if not beside.resolve().is_relative_to(entry.source.parent.resolve()):
            fault = f"its data file {quoted(first)} is a link that leads outside its folder"
            raise Fault(entry.name, fault, "Put both files into one folder")
    return entry_of(beside, shown(first))


def _first_number(given: str) -> int:
    words = given.split()
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdigit() and len(words[1]) < 10 else 0


def _check_size(entry: Entry, header: NrrdHeader) -> None:
    """Raise `Fault` where raw voxels are not all there, or packed ones are too few for what is claimed."""
    there = header.data.size - header.begin
    if header.skip > there:
        fault = f"its byte skip of {header.skip:,} leads to an offset outside the file"
        raise Fault(entry.name, fault, _COPY)
    if header.encoding == "raw":
        there -= max(header.skip, 0)
        if header.nbytes > there:
            fault = f"it is truncated or false: its sizes claim {header.nbytes:,} bytes, {there:,} are there"
            raise Fault(entry.name, fault, _COPY)
    elif header.encoding == "gzip" and header.nbytes > 1_100 * there + 10_000:
        fault = f"it is truncated or false: its sizes claim {header.nbytes:,} bytes, packed into {there:,}"
        raise Fault(entry.name, fault, _COPY)
