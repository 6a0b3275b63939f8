"""Files of weights: which tensors they hold, told without loading them and without torch."""

import re
import sys
import zipfile
from collections.abc import Iterator
from math import prod
from typing import Any, Literal

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem
from biofm_desktop.engine.state_dicts import unnested

from .entry import Entry, faults_of
from .left_out import quoted, some
from .limits import in_words
from .weights_pickle import PickledTensor, Storage, read_pickle
from .weights_safetensors import is_safetensors, safetensors_of
from .weights_tensors import WeightTensor, check_numbers, tell_tensors

ENDINGS = (".pt", ".pth", ".ckpt", ".safetensors")
_MOST_PICKLE = 200_000_000
_FREE_SIZE, _MOST_RATIO = 64_000_000, 100
_STEP = 1 << 24
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_COPY = "Copy or download it again"


def is_weights(entry: Entry, head: bytes) -> bool:
    """Say whether a file is one of weights, by its content or its ending."""
    torch = head.startswith(b"PK\3\4") and re.search(rb"^.{30}[^/]{1,200}/data\.pkl", head, re.DOTALL) is not None
    return entry.suffix in ENDINGS or torch or (entry.suffix != ".json" and is_safetensors(head, entry.size))


def weights_of(entry: Entry, problems: list[Problem]) -> list[WeightTensor]:
    """Return the tensors of a file; raise `Fault` where it holds more than weights, or they are not sound."""
    head = entry.head_raw(64)
    if entry.suffix == ".safetensors" or is_safetensors(head, entry.size):
        return safetensors_of(entry, problems)
    if _PICKLE.match(head):
        fault = "it is a bare pickle: damaged, or weights in an old form, which is unsafe to open"
        raise Fault(entry.name, fault, "Load it where it was made and save its state_dict() again")
    if not head.startswith(b"PK"):
        raise Fault(entry.name, "it is no checkpoint: no file of weights begins like this", "Choose another file")
    with faults_of(entry), entry.open_seekable() as file, zipfile.ZipFile(file) as archive:
        return _TorchFile(entry, archive, problems).tensors()


class _TorchFile:
    """The archive that torch.save writes."""

    def __init__(self, entry: Entry, archive: zipfile.ZipFile, problems: list[Problem]) -> None:
        self._what, self._archive, self._problems = entry.name, archive, problems
        names = [member.filename for member in archive.infolist()]
        doubled = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        if doubled:
            fault = f"its part {quoted(doubled[0])} is doubled: it is damaged, or hides something"
            raise Fault(self._what, fault, _COPY)
        pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            fault = "it holds no weights (no list of tensors, data.pkl)"
            raise Fault(self._what, fault, "Save the model's state_dict() and use that file")
        self._top, self._names = pickles[0].removesuffix("data.pkl"), set(names)
        self._tell_more(names)

    def _tell_more(self, names: list[str]) -> None:
        outside = [quoted(name) for name in names if name.startswith("/") or ".." in name.split("/") or "\\" in name]
        if outside:
            message = f"parts of it lead outside its folder; they were not unpacked: {some(outside)}"
            self._problems.append(Problem(self._what, message))
        if any(name.startswith(f"{self._top}code/") for name in names):
            message = "it holds a program (TorchScript) beside its weights, which is never run"
            self._problems.append(Problem(self._what, message))

    def tensors(self) -> list[WeightTensor]:
        """Return the tensors, their numbers checked."""
        order = self._byte_order()
        named = self._state(read_pickle(self._what, self._part("data.pkl", _MOST_PICKLE)))
        found, zeros = [], list[str]()
        for name, tensor in named.items():
            self._check(name, tensor)
            kind = tensor.storage.kind
            told = WeightTensor(name, kind if kind == "bf16" else np.dtype(kind).newbyteorder(order).str, tensor.shape)
            check_numbers(self._what, told, self._numbers(tensor, told), zeros)
            found.append(told)
        tell_tensors(self._what, found, zeros, self._problems)
        return found

    def _part(self, name: str, most: int) -> bytes:
        info = self._archive.getinfo(self._top + name)
        if info.file_size > most:
            raise Fault(self._what, f"its part {name} claims a size of {in_words(info.file_size)}", _COPY)
        return self._archive.read(info)

    def _byte_order(self) -> Literal["<", ">"]:
        if f"{self._top}byteorder" not in self._names:
            return "<" if sys.byteorder == "little" else ">"
        order = self._part("byteorder", 100).strip()
        if order not in (b"little", b"big"):
            fault = f"it is damaged: its byte order is {quoted(order.decode('latin-1'))}"
            raise Fault(self._what, fault, _COPY)
        return "<" if order == b"little" else ">"

    def _state(self, found: Any) -> dict[str, PickledTensor]:
        found = unnested(found)
        if isinstance(found, dict) and all(isinstance(key, str) for key in found):
            tensors = {key: value for key, value in found.items() if isinstance(value, PickledTensor)}
            if tensors and len(tensors) == len(found):
                return tensors
        fault = "it holds no weights alone (names and tensors)"
        raise Fault(self._what, fault, "Save the model's state_dict() and use that file")

    def _check(self, name: str, tensor: PickledTensor) -> None:
        """Raise `Fault` where a tensor leads outside its storage, or the storage is not what it claims."""
        storage, shown = tensor.storage, quoted(name)
        size = storage.count * _size(storage)
        member = f"{self._top}data/{storage.key}"
        there = self._archive.getinfo(member).file_size if member in self._names else 0
        if storage.count < 0 or size != there:
            fault = f"it is damaged: its tensor {shown} claims a size of {size:,} bytes, {there:,} are there"
            raise Fault(self._what, fault, _COPY)
        packed = max(self._archive.getinfo(member).compress_size, 1) if there else 1
        if there > _FREE_SIZE and there > _MOST_RATIO * packed:
            fault = f"its tensor {shown} claims a size of {in_words(there)}, packed into {in_words(packed)}"
            raise Fault(self._what, fault, "Save it without packing")
        if prod(tensor.shape) > storage.count:
            fault = f"it is damaged: its tensor {shown} has shape {quoted(tensor.shape)} over {storage.count:,} numbers"
            raise Fault(self._what, fault, _COPY)
        steps = (tensor.offset, *tensor.shape, *tensor.stride)
        reach = tensor.offset + sum((length - 1) * step for length, step in zip(tensor.shape, tensor.stride))
        empty = 0 in tensor.shape
        if min(steps) < 0 or len(tensor.stride) != len(tensor.shape) or (not empty and reach >= storage.count):
            fault = f"it is damaged: its tensor {shown} reaches outside its numbers"
            raise Fault(self._what, fault, _COPY)

    def _numbers(self, tensor: PickledTensor, told: WeightTensor) -> Iterator[bytes]:
        """Give the numbers from the tensor's first to its last."""
        if not prod(tensor.shape):
            return
        width = _size(tensor.storage)
        reach = sum((length - 1) * step for length, step in zip(tensor.shape, tensor.stride)) + 1
        with self._archive.open(f"{self._top}data/{tensor.storage.key}") as file:
            file.seek(tensor.offset * width)
            left = reach * width
            while left > 0 and (part := file.read(min(left, _STEP))):
                yield part
                left -= len(part)


def _size(storage: Storage) -> int:
    return 2 if storage.kind == "bf16" else np.dtype(storage.kind).itemsize
