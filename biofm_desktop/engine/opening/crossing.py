"""What crosses between a reader and its parent: plain values and samples, nothing that runs.

The reader has read a stranger's file and is not trusted. Its answers name one function only, `made`, which the parent
replaces by its own that builds samples, paths and arrays. How an image is loaded crosses as bytes that the parent never
unpacks: it hands them back to a reader.
"""

import functools
import io
import pickle
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, NoReturn

import numpy as np

import biofm_desktop.engine.samples as room
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import LazyImage

#: All kinds of value in `samples`: a new kind of sample crosses by being listed there.
_KINDS: dict[str, type] = {
    name: kind for name in room.__all__ if isinstance(kind := getattr(room, name), type) and kind is not LazyImage
}
_PLAIN = "buifcSUmM"
_OURS = "biofm_desktop.engine."
_LOADABLE = ("numpy", "pathlib", "functools", "collections")

#: Makes the load of an image of its bytes, shape and type.
MakeLoad = Callable[[bytes, tuple[int, ...], "np.dtype[Any]"], Callable[[], Any]]


def made(name: str, _values: tuple[Any, ...]) -> NoReturn:
    """Stand for the parent's own function of this place; never called."""
    raise TypeError(f"{name} is made by the parent")


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init)


class _Writer(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Return how a value that is not plain is made anew."""
        if value is made:
            return NotImplemented
        return made, _parts(value)


def _parts(value: Any) -> tuple[str, tuple[Any, ...]]:
    kind = type(value)
    if is_dataclass(kind) and _KINDS.get(kind.__name__) is kind:
        return kind.__name__, tuple(getattr(value, name) for name in _names(kind))
    match value:
        case LazyImage():
            return "LazyImage", (value.shape, value.dtype.str, pickle.dumps(value.load, pickle.HIGHEST_PROTOCOL))
        case Fault():
            return "Fault", (value.what, value.fault, value.way_out, value.place, value.detail)
        case PurePosixPath() if not isinstance(value, Path):
            return "PurePosixPath", (str(value),)
        case PurePath():
            return "Path", (str(value),)
        case Enum() if kind.__name__ in _KINDS:
            return "Enum", (kind.__name__, value.name)
        case types.MappingProxyType():
            return "dict", (dict(value),)
        case np.ndarray():
            array = np.ascontiguousarray(value)
            return "array", (_checked(array.dtype).str, value.shape, bytearray(array.tobytes()))
        case np.generic():
            return "plain", (value.item(),)
        case np.dtype():
            return "dtype", (_checked(value).str,)
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} does not cross to another process")


def _checked(dtype: "np.dtype[Any]") -> "np.dtype[Any]":
    if dtype.kind not in _PLAIN:
        raise TypeError(f"an array of {dtype} does not cross to another process")
    return dtype


def pack(value: Any) -> bytes:
    """Return a value as bytes for the other side; raise TypeError where it holds what may not cross."""
    stream = io.BytesIO()
    _Writer(stream, pickle.HIGHEST_PROTOCOL).dump(value)
    return stream.getvalue()


class _Reader(pickle.Unpickler):
    def __init__(self, data: bytes, load: MakeLoad | None) -> None:
        super().__init__(io.BytesIO(data))
        self._load = load

    def find_class(self, module: str, name: str, /) -> Any:
        """Return the one function that an answer may name."""
        if (module, name) == (made.__module__, made.__name__):
            return self._make
        raise pickle.UnpicklingError(f"{module}.{name} is not expected of a reader")

    def _make(self, name: str, values: tuple[Any, ...]) -> Any:
        kind = _KINDS.get(name)
        if kind is not None:
            return kind(**dict(zip(_names(kind), values, strict=True)))
        match name, values:
            case "LazyImage", (shape, dtype, bytes(data)) if self._load is not None:
                known = _checked(np.dtype(str(dtype)))
                shape = tuple(int(size) for size in shape)
                return LazyImage(shape, known, self._load(data, shape, known))
            case "Fault", (what, fault, way_out, place, detail):
                return Fault(str(what), str(fault), str(way_out), place=str(place), detail=str(detail))
            case "PurePosixPath", (text,):
                return PurePosixPath(str(text))
            case "Path", (text,):
                return Path(str(text))
            case "Enum", (kind_name, member):
                return getattr(_KINDS[kind_name], "__members__")[member]  # noqa: B009 - mypy knows of no enums here
            case "array", (dtype, shape, data):
                return np.frombuffer(data, _checked(np.dtype(str(dtype)))).reshape(shape)
            case "dtype", (text,):
                return _checked(np.dtype(str(text)))
            case (("plain" | "dict"), (value,)):
                return value
        raise pickle.UnpicklingError(f"{name} is not expected of a reader")


def unpack(data: bytes, load: MakeLoad | None = None) -> Any:
    """Return what `pack` packed; raise UnpicklingError (or what a kind of sample raises) for anything else."""
    return _Reader(data, load).load()


class _LoadReader(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        """Return functions and classes of ours, and the few that their arguments are made of."""
        if module.startswith(_OURS) or module.partition(".")[0] in _LOADABLE:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} loads no image")


def unpack_load(data: bytes) -> Callable[[], Any]:
    """Return how an image is loaded, of the bytes that `pack` made; only a reader, which is walled in, does this."""
    load = _LoadReader(io.BytesIO(data)).load()
    if not callable(load):
        raise pickle.UnpicklingError("this loads no image")
    return load
