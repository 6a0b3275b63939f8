"""The header of a safetensors file: every tensor in its place, no gap, nothing behind them."""

import json
import struct
from collections import Counter
from collections.abc import Iterator
from math import prod
from typing import IO, Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry, faults_of
from .left_out import quoted
from .weights_tensors import WeightTensor, check_numbers, tell_tensors

_LONGEST = 100_000_000  # bytes of header, as in the library
_STEP = 1 << 24
_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "bf16",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
}
_TYPES |= {"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "b1", "F8_E4M3": "f8e4", "F8_E5M2": "f8e5"}
_SIZES = {"<f8": 8, "<f4": 4, "<f2": 2, "bf16": 2, "<i8": 8, "<i4": 4, "<i2": 2, "<u8": 8, "<u4": 4, "<u2": 2}
_HEADS = ("head", "fc", "classifier", "outputs")
_COPY = "Copy or download it again"


def is_safetensors(head: bytes, size: int) -> bool:
    """Say whether a file begins like one: a length, then JSON."""
    return len(head) > 10 and head[8:9] == b"{" and 2 <= struct.unpack_from("<Q", head)[0] <= size - 8


def safetensors_of(entry: Entry, problems: list[Problem]) -> list[WeightTensor]:
    """Return the tensors; raise `Fault` naming the one that is out of place or not finite."""
    with faults_of(entry), entry.open() as file:
        tensors, begin, metadata = _header(entry, file)
        zeros: list[str] = []
        for tensor, (start, stop) in tensors.items():
            if tensor.dtype in ("bf16", "<f8", "<f4", "<f2", *_SIZES):
                check_numbers(entry.name, tensor, _parts(file, begin + start, stop - start), zeros)
    _check_classes(entry, list(tensors), metadata)
    tell_tensors(entry.name, list(tensors), zeros, problems)
    return list(tensors)


def _parts(file: IO[bytes], start: int, count: int) -> Iterator[bytes]:
    file.seek(start)
    while count > 0 and (part := file.read(min(count, _STEP))):
        yield part
        count -= len(part)


def _header(entry: Entry, file: IO[bytes]) -> tuple[dict[WeightTensor, tuple[int, int]], int, dict[str, Any]]:
    """Return each tensor with its bytes, where the bytes begin, and the facts about the file."""
    first = file.read(8)
    length = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
    if not 2 <= length <= min(_LONGEST, entry.size - 8):
        fault = f"its header is not valid: it claims {length:,} bytes of the {entry.size:,} in the file"
        raise Fault(entry.name, fault, _COPY)
    doubled: list[str] = []
    try:
        header = json.loads(file.read(length), object_pairs_hook=lambda pairs: _dict(pairs, doubled))
    except (ValueError, RecursionError) as error:
        raise Fault(entry.name, "its header is not valid JSON", _COPY, detail=str(error)[:200]) from None
    if doubled or not isinstance(header, dict):
        fault = f"its header names {quoted(doubled[0])} twice" if doubled else "its header is not valid"
        raise Fault(entry.name, fault, _COPY)
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, said in header.items():
        tensor, place = _tensor(entry, name, said)
        tensors[tensor] = place
    _check_places(entry, tensors, entry.size - 8 - length)
    return tensors, 8 + length, metadata if isinstance(metadata, dict) else {}


def _dict(pairs: list[tuple[str, Any]], doubled: list[str]) -> dict[str, Any]:
    doubled += [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    return dict(pairs)


def _tensor(entry: Entry, name: str, said: Any) -> tuple[WeightTensor, tuple[int, int]]:
    shown = quoted(name)
    match said:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(start), int(stop)]}:
            pass
        case _:
            raise Fault(entry.name, f"its header does not state type, shape and offsets of {shown}", _COPY)
    if dtype not in _TYPES:
        raise Fault(entry.name, f"its tensor {shown} is of a type that is not known: {quoted(dtype)}", _COPY)
    if any(isinstance(size, bool) or not isinstance(size, int) or size < 0 for size in shape) or len(shape) > 32:
        raise Fault(entry.name, f"its tensor {shown} has a shape that is not valid: {quoted(shape)}", _COPY)
    wanted = prod(shape) * _SIZES.get(_TYPES[dtype], 1)
    if stop - start != wanted or start < 0:
        fault = f"its tensor {shown} has offsets {start:,} to {stop:,}, but a shape {quoted(shape)} of {wanted:,} bytes"
        raise Fault(entry.name, fault, _COPY)
    return WeightTensor(name, _TYPES[dtype], tuple(shape)), (start, stop)


def _check_places(entry: Entry, tensors: dict[WeightTensor, tuple[int, int]], there: int) -> None:
    """Raise `Fault` unless the tensors lie one behind the other and fill the file."""
    at = 0
    for tensor, (start, stop) in sorted(tensors.items(), key=lambda item: item[1]):
        if start != at:
            kind = "shares bytes with another" if start < at else "has a gap before it"
            raise Fault(entry.name, f"its tensor {quoted(tensor.name)} {kind} (offset {start:,}, not {at:,})", _COPY)
        at = stop
    if at > there:
        fault = f"it is truncated (cut short): its offsets end at {at:,}, {there:,} bytes are there"
        raise Fault(entry.name, fault, _COPY)
    if at < there:
        fault = f"{there - at:,} bytes stand at its end, behind the last tensor (its offsets end at {at:,})"
        raise Fault(entry.name, fault, _COPY)


def _check_classes(entry: Entry, tensors: list[WeightTensor], metadata: dict[str, Any]) -> None:
    """Raise `Fault` where there are more or fewer names of classes than the last layer has outputs."""
    try:
        classes = json.loads(metadata.get("classes", "null"))
    except (ValueError, TypeError, RecursionError):
        return
    heads = [t for t in tensors if t.name.split(".")[0] in _HEADS and len(t.shape) == 1]
    if not isinstance(classes, list) or not heads:
        return
    outputs = heads[-1].shape[0]
    if len(classes) != outputs and not (outputs == 1 and len(classes) == 2):
        fault = f"it names {len(classes)} classes, but its layer {quoted(heads[-1].name)} has {outputs} outputs"
        raise Fault(entry.name, fault, "Use the file with the names it was saved with")
