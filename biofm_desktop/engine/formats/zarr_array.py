"""What an array of a Zarr claims, checked against what may be: shape, chunks, type, codecs."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from biofm_desktop.engine.faults import Fault

from .left_out import quoted, some
from .limits import in_words
from .zarr_files import ZarrFiles
from .zarr_node import Node

_MOST_ELEMENTS = 1 << 50
_MOST_CHUNK = 1_000_000_000  # bytes, unpacked
_MOST_AXES = 8
_COPY = "Get a sound copy of it"
_PACKERS = {"zlib", "gzip", "bz2", "lzma", "blosc", "zstd", "lz4"}
_KNOWN = _PACKERS | {"shuffle", "delta", "bitround", "packbits", "fixedscaleoffset", "quantize", "crc32", "crc32c"}
_KNOWN |= {"adler32", "fletcher32", "bytes", "transpose", "sharding_indexed"}
_RUNS_CODE = {"pickle"}
_FIELDS = {"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"}
_FIELDS |= {"attributes", "dimension_names", "storage_transformers", "consolidated_metadata"}


@dataclass(frozen=True)
class ZarrArray:
    """``packer`` is the codec that the bytes of a chunk were packed by last; empty: they are the numbers themselves."""

    path: str
    version: int
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: "np.dtype[Any]"
    first: str
    separator: str
    packer: str
    plain: bool

    @property
    def chunk_bytes(self) -> int:
        """Return the size of an unpacked chunk."""
        return prod(self.chunks) * self.dtype.itemsize

    @property
    def grid(self) -> tuple[int, ...]:
        """Return the number of chunks along each axis."""
        return tuple(-(-size // step) for size, step in zip(self.shape, self.chunks))


def array_of(files: ZarrFiles, node: Node) -> ZarrArray:
    """Return what the metadata of an array says; raise `Fault` where it must not be believed."""
    try:
        found = _version_3(files, node) if node.version == 3 else _version_2(files, node)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        fault = f"its metadata {node.mark} is not valid (no sound {quoted(error)})"
        raise Fault(files.what, fault, _COPY, place=node.path, detail=repr(error)) from None
    _check(files, found)
    return found


def _version_2(files: ZarrFiles, node: Node) -> ZarrArray:
    meta = node.meta
    packed = [*(meta.get("filters") or ()), *([meta["compressor"]] if meta.get("compressor") else ())]
    names = [str(codec["id"]) for codec in packed]
    _check_codecs(files, names)
    separator = str(meta.get("dimension_separator", "."))
    dtype = np.dtype(_text(meta["dtype"]))
    packer = names[-1] if names and names[-1] in _PACKERS else ""
    shape, chunks = _sizes(meta["shape"]), _sizes(meta["chunks"])
    return ZarrArray(node.path, 2, shape, chunks, dtype, "", separator, packer, not names)


def _version_3(files: ZarrFiles, node: Node) -> ZarrArray:
    meta = node.meta
    extensions = [name for name in meta if name not in _FIELDS and _must(meta[name])]
    extensions += [str(part.get("name")) for part in meta.get("storage_transformers") or () if _must(part)]
    if extensions:
        fault = f"it needs an extension that is not known: {some(map(quoted, extensions))}"
        raise Fault(files.what, fault, "Save it without the extension")
    if meta["chunk_grid"]["name"] != "regular":
        raise Fault(files.what, f"its chunk grid {quoted(meta['chunk_grid']['name'])} is not known", "Save it anew")
    names = _codec_names(meta["codecs"])
    _check_codecs(files, names)
    keys = meta["chunk_key_encoding"]
    default = keys["name"] == "default"
    separator = str((keys.get("configuration") or {}).get("separator", "/" if default else "."))
    packed = [name for name in _top_names(meta["codecs"]) if name in _PACKERS]
    return ZarrArray(
        node.path,
        3,
        _sizes(meta["shape"]),
        _sizes(meta["chunk_grid"]["configuration"]["chunk_shape"]),
        np.dtype(_text(meta["data_type"])),
        f"c{separator}" if default else "",
        separator,
        packed[-1] if packed else "",
        set(names) <= {"bytes", "transpose"},
    )


def _must(part: Any) -> bool:
    return not (isinstance(part, dict) and part.get("must_understand") is False)


def _top_names(codecs: Any) -> list[str]:
    return [str(codec["name"] if isinstance(codec, dict) else codec).removeprefix("numcodecs.") for codec in codecs]


def _codec_names(codecs: Any, depth: int = 0) -> list[str]:
    names = _top_names(codecs)
    for codec in codecs:
        inner = codec.get("configuration") or {} if isinstance(codec, dict) else {}
        for part in ("codecs", "index_codecs"):
            if part in inner and depth < 3:
                names += _codec_names(inner[part], depth + 1)
    return names


def _check_codecs(files: ZarrFiles, names: list[str]) -> None:
    for name in names:
        if name in _RUNS_CODE:
            fault = f"its codec {quoted(name)} (objects) can run code and is never opened"
            raise Fault(files.what, fault, "Save plain numbers")
        if name not in _KNOWN:
            fault = f"its codec {quoted(name)} is not known, or not one for numbers"
            raise Fault(files.what, fault, "Save it with the codec zstd, blosc or gzip")


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or any(isinstance(size, bool) or not isinstance(size, int) for size in value):
        raise ValueError("shape")
    return tuple(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"type {str(value)[:40]}")
    return value


def _check(files: ZarrFiles, array: ZarrArray) -> None:
    what, place = files.what, f"array {array.path}" if array.path else ""
    shape, chunks = array.shape, array.chunks
    if not shape or len(shape) > _MOST_AXES or min(shape) < 1 or prod(shape) > _MOST_ELEMENTS:
        fault = f"its shape {quoted(shape)} is not one that an image can have"
        raise Fault(what, fault, _COPY, place=place)
    if len(chunks) != len(shape) or min(chunks) < 1:
        raise Fault(what, f"its chunk shape {quoted(chunks)} does not fit its shape {shape}", _COPY, place=place)
    if array.dtype.kind not in "buif":
        fault = f"its type {array.dtype} is not one of plain numbers"
        raise Fault(what, fault, "Save it with whole or real numbers", place=place)
    if array.chunk_bytes > _MOST_CHUNK:
        fault = f"its chunk shape {quoted(chunks)} claims a size of {in_words(array.chunk_bytes)} a chunk"
        raise Fault(what, fault, "Save it in chunks of some megabytes", place=place)
    if array.separator not in (".", "/"):
        raise Fault(what, f"its separator {quoted(array.separator)} is not valid", _COPY, place=place)
