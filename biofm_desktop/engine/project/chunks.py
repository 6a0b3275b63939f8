"""Arrays on the disk in chunks (Zarr 3): each chunk is written aside and renamed, and carries a checksum."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import at_point, remove, write_bytes

if TYPE_CHECKING:
    from zarr import Array

#: Edge of a chunk in pixels, by the number of axes.
_EDGES = {1: (1 << 18,), 2: (512, 512), 3: (16, 256, 256)}


def chunk_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the size of a chunk for an array of this shape."""
    edges = _EDGES.get(len(shape)) or (1,) * (len(shape) - 3) + _EDGES[3]
    return tuple(min(edge, max(size, 1)) for edge, size in zip(edges, shape))


def covering(box: tuple[slice, ...], shape: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Return the places of the chunks that a box touches."""
    ranges = [np.arange(span.start // edge, (span.stop - 1) // edge + 1) for span, edge in zip(box, chunk_shape(shape))]
    return set(zip(*(axis.ravel().tolist() for axis in np.meshgrid(*ranges, indexing="ij")), strict=True))


def write_chunks(path: Path, shape: tuple[int, ...], chunks: dict[tuple[int, ...], NDArray[Any]]) -> None:
    """Write the values of some chunks, each a whole one or what the edge of the array leaves of it.

    The array is made where there is none. Raises `Fault` where the disk does not let us; each chunk is then old or new.
    """
    array = _open(path, shape)
    try:
        for place, values in chunks.items():
            edges = chunk_shape(shape)
            array[tuple(slice(p * e, p * e + n) for p, e, n in zip(place, edges, values.shape))] = values
    except OSError as error:
        raise system_fault(path, error) from error
    except (ValueError, KeyError, TypeError) as error:  # what is there already is no array any more
        raise Fault(path, "it is damaged", "It is made anew from the journal", detail=repr(error)) from error


def read_chunks(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint32]:
    """Return the whole array; raise `Fault` where a chunk is damaged or the shape is another."""
    try:
        array = _open(path, shape, make=False)
        if array.shape != shape:
            raise ValueError(f"its shape is {array.shape}, not {shape}")
        return np.asarray(array[...], np.uint32)
    except OSError as error:
        raise system_fault(path, error) from error
    except Exception as error:  # each codec has errors of its own
        raise Fault(path, "it is damaged", "It is made anew from the journal", detail=repr(error)) from error


def _open(path: Path, shape: tuple[int, ...], *, make: bool = True) -> "Array[Any]":
    import zarr

    store = _safe_store(path)
    if not make or (path / "zarr.json").exists():
        return zarr.open_array(store, mode="r+" if make else "r", zarr_format=3)
    try:
        return zarr.create_array(
            store, shape=shape, chunks=chunk_shape(shape), dtype=np.uint32, fill_value=0, compressors=_compressors()
        )
    except OSError as error:
        raise system_fault(path, error) from error


def _compressors() -> list[Any]:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    return [ZstdCodec(level=1), Crc32cCodec()]


def _safe_store(path: Path) -> Any:
    from zarr.storage import LocalStore

    class SafeStore(LocalStore):
        """Files of Zarr, written through our one write layer."""

        async def set(self, key: str, value: Any) -> None:
            """Write one file aside, then rename it."""
            self._check_writable()
            write_bytes(self.root / key, value.to_bytes(), room="project")

        def set_sync(self, key: str, value: Any) -> None:
            """Write one file aside, then rename it."""
            write_bytes(self.root / key, value.to_bytes(), room="project")

        async def delete(self, key: str) -> None:
            """Remove one file: a chunk of nothing but zeros needs none."""
            remove(self.root / key, room="project")

        def delete_sync(self, key: str) -> None:
            """Remove one file: a chunk of nothing but zeros needs none."""
            remove(self.root / key, room="project")

    return SafeStore(path)


def drop(path: Path) -> None:
    """Remove an array as a whole, at once."""
    if not path.exists():
        return
    aside = path.with_name(f".{uuid4().hex[:8]}.part")
    try:
        at_point("project.drop", path)
        path.rename(aside)
    except OSError as error:
        raise system_fault(path, error) from error
    shutil.rmtree(aside, ignore_errors=True)
