"""A store for the library zarr over `ZarrFiles`, for reading only. Imports zarr: it is imported where one is read."""

from collections.abc import AsyncIterator, Iterable
from itertools import zip_longest
from math import prod
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype

from biofm_desktop.engine.faults import Fault

from .limits import check_memory
from .zarr_array import ZarrArray
from .zarr_chunks import chunk_key, is_bomb, too_large
from .zarr_files import ZarrFiles

_MOST_ASKED = 10_000


class ZarrStore(Store):
    """Gives the library the files of one array; a cut chunk counts as missing, a bomb is refused before unpacking."""

    supports_writes = supports_deletes = supports_partial_writes = False
    supports_listing = False

    def __init__(self, files: ZarrFiles, array: ZarrArray) -> None:
        super().__init__(read_only=True)
        self._files, self._array = files, array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ZarrStore) and (other._files, other._array) == (self._files, self._array)

    def __hash__(self) -> int:
        return hash((self._files, self._array.path))

    def _bytes(self, key: str) -> bytes | None:
        data = self._files.read(key)
        inner = key.removeprefix(f"{self._array.path}/") if self._array.path else key
        if data is None or inner.rpartition("/")[2] in ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata"):
            return data
        if self._array.plain and len(data) != self._array.chunk_bytes:
            return None
        if is_bomb(self._array, data):
            raise too_large(self._files, inner, self._array)
        return data

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """Return a file or a part of it; None where there is none."""
        data = self._bytes(key)
        if data is None:
            return None
        match byte_range:
            case None:
                part = data
            case RangeByteRequest():
                part = data[byte_range.start : byte_range.end]
            case OffsetByteRequest():
                part = data[byte_range.offset :]
            case _:
                part = data[-byte_range.suffix :]
        return prototype.buffer.from_bytes(part)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Return parts of several files."""
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        """Say whether there is such a file."""
        return self._files.read(key) is not None

    async def set(self, key: str, value: Buffer) -> None:
        """Refuse: nothing is written."""
        raise PermissionError(key)

    async def delete(self, key: str) -> None:
        """Refuse: nothing is deleted."""
        raise PermissionError(key)

    async def list(self) -> AsyncIterator[str]:
        """Give nothing: keys are known without."""
        for key in tuple[str, ...]():
            yield key

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give nothing."""
        return self.list()

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give nothing."""
        return self.list()


def read_array(files: ZarrFiles, array: ZarrArray, picked: tuple[int | slice, ...]) -> NDArray[Any]:
    """Return an array or the picked part of it; raise `Fault` naming the chunk that cannot be read."""
    read = [1 if isinstance(at, int) else size for at, size in zip_longest(picked, array.shape)]
    check_memory(files.what, 2 * prod(read) * array.dtype.itemsize)
    store = ZarrStore(files, array)
    version: Any = array.version
    try:
        opened = zarr.open_array(store, path=array.path, mode="r", zarr_format=version)
    except Fault:
        raise
    except Exception as error:
        fault = "its metadata is not what the library for Zarr reads"
        raise Fault(files.what, fault, "Save it anew", place=array.path, detail=repr(error)) from error
    try:
        return np.asarray(opened[(*picked, ...)])
    except (Fault, MemoryError):
        raise
    except Exception as error:
        named = _broken(opened, array)
        fault = f"its chunk {named!r} cannot be decompressed: it is damaged" if named else "a chunk of it is damaged"
        raise Fault(files.what, fault, "Get a sound copy of it", place=array.path, detail=repr(error)) from error


def _broken(opened: Any, array: ZarrArray) -> str:
    """Return the key of the first chunk that cannot be read, of as many as are quickly asked."""
    for count, place in enumerate(np.ndindex(*array.grid)):
        if count > _MOST_ASKED:
            break
        try:
            opened.get_block_selection(place)
        except Exception:  # noqa: BLE001 - which one it is, is asked here; why, is known
            return chunk_key(array, tuple(place))
    return ""
