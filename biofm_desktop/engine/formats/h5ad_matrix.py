"""The matrix of cells by genes of an H5AD file: checked, then read in blocks of rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import LazyImage, Problem

from .entry import Entry
from .hdf5_checks import contents_of, opened_hdf5
from .limits import check_memory, in_words

_BLOCK = 32_000_000  # bytes of a block of rows
_LOOKED_AT = 256_000_000  # bytes whose values are looked at when it is opened
_STEP = 4_000_000  # numbers of a sparse matrix that are checked at a time
_COPY = "Get a sound copy of it"


@dataclass(frozen=True)
class Matrix:
    """How the matrix ``X`` is stored: ``dense``, ``csr`` (by rows) or ``csc`` (by columns)."""

    shape: tuple[int, int]
    dtype: "np.dtype[Any]"
    kind: str


def matrix_of(entry: Entry, file: Any, rows: int, columns: int) -> Matrix:
    """Return how ``X`` is stored; raise `Fault` where it does not fit the names or is damaged."""
    import h5py

    stored = file["X"]
    if isinstance(stored, h5py.Dataset):
        shape, dtype, kind = stored.shape, stored.dtype, "dense"
    else:
        words = str(stored.attrs.get("encoding-type", stored.attrs.get("h5sparse_format", "")))
        kind = "csr" if "csr" in words else "csc" if "csc" in words else ""
        shape = tuple(int(size) for size in stored.attrs.get("shape", stored.attrs.get("h5sparse_shape", ())))
        if not kind or any(name not in stored for name in ("data", "indices", "indptr")):
            raise Fault(entry.name, "its matrix X is no matrix of numbers that is known", _COPY)
        dtype = stored["data"].dtype
    if shape != (rows, columns):
        fault = f"its matrix X has shape {_size(shape)}, but {rows:,} cells and {columns:,} genes are named"
        raise Fault(entry.name, fault, _COPY)
    if dtype.kind not in "buif":
        raise Fault(entry.name, f"its matrix X is of type {dtype}, not of numbers", "Save it with numbers")
    if kind != "dense":
        _check_sparse(entry, stored, rows if kind == "csr" else columns, columns if kind == "csr" else rows)
    return Matrix((rows, columns), dtype.newbyteorder("="), kind)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape) or "none"


def _check_sparse(entry: Entry, stored: Any, lines: int, length: int) -> None:
    """Raise `Fault` where pointers or indices of a sparse matrix lead outside it."""
    data, indices, pointers = stored["data"], stored["indices"], stored["indptr"]
    fault = ""
    if pointers.shape != (lines + 1,) or data.shape != indices.shape or data.ndim != 1:
        fault = "its parts do not have the lengths that its shape asks for"
    elif pointers.dtype.kind not in "ui" or indices.dtype.kind not in "ui":
        fault = "its indices are not whole numbers"
    else:
        at = pointers[()].astype(np.int64)
        if at[0] != 0 or at[-1] != data.shape[0] or (np.diff(at) < 0).any():
            fault = "its row pointers lead outside the data"
        for start in range(0, indices.shape[0], _STEP):
            part = indices[start : start + _STEP]
            if part.size and (part.min() < 0 or part.max() >= length):
                fault = "an index leads outside the matrix"
                break
    if fault:
        raise Fault(entry.name, f"its sparse matrix X is damaged: {fault}", _COPY)


def blocks_of(entry: Entry, matrix: Matrix) -> tuple[LazyImage, ...]:
    """Return the matrix as blocks of rows, unread."""
    rows, columns = matrix.shape
    step = max(1, _BLOCK // max(1, columns * matrix.dtype.itemsize))
    return tuple(
        LazyImage(
            (min(step, rows - start), columns),
            matrix.dtype,
            partial(_block, entry, matrix, start, min(start + step, rows)),
        )
        for start in range(0, rows, step)
    )


def _block(entry: Entry, matrix: Matrix, start: int, stop: int) -> NDArray[Any]:
    if matrix.kind == "csc":
        return np.asarray(_by_rows(entry)[start:stop].toarray())
    from scipy.sparse import csr_matrix

    with opened_hdf5(entry) as file:
        contents_of(entry, file, []).check(entry, "/X")
        stored = file["X"]
        if matrix.kind == "dense":
            return np.asarray(stored[start:stop]).astype(matrix.dtype, copy=False)
        pointers = stored["indptr"][start : stop + 1].astype(np.int64)
        first, last = int(pointers[0]), int(pointers[-1])
        parts = (stored["data"][first:last], stored["indices"][first:last], pointers - first)
        return np.asarray(csr_matrix(parts, shape=(stop - start, matrix.shape[1])).toarray(), matrix.dtype)


@lru_cache(maxsize=1)
def _by_rows(entry: Entry) -> Any:
    """Return a matrix that is stored by columns, turned to be read by rows."""
    from scipy.sparse import csc_matrix

    with opened_hdf5(entry) as file:
        contents_of(entry, file, []).check(entry, "/X")
        stored = file["X"]
        check_memory(entry.name, 3 * (stored["data"].nbytes + stored["indices"].nbytes))
        parts = (stored["data"][()], stored["indices"][()], stored["indptr"][()])
        return csc_matrix(parts, shape=tuple(stored.attrs["shape"])).tocsr()


def tell_values(entry: Entry, blocks: tuple[LazyImage, ...], problems: list[Problem]) -> None:
    """Tell of values that are not finite, in as much of the matrix as is quickly read."""
    nan = infinite = size = 0
    for block in _quick(blocks):
        values = block.read()
        size += block.nbytes
        if values.dtype.kind == "f":
            nan += int(np.isnan(values).sum())
            infinite += int(np.isinf(values).sum())
    if nan or infinite:
        message = f"its matrix X holds {nan:,} values that are NaN and {infinite:,} that are infinite"
        problems.append(Problem(entry.name, f"{message}; nothing is learnt from them"))
    if size < sum(block.nbytes for block in blocks):
        message = f"only the first {in_words(size)} of its matrix X were looked through for values that are not finite"
        problems.append(Problem(entry.name, message))


def _quick(blocks: tuple[LazyImage, ...]) -> Iterator[LazyImage]:
    size = 0
    for block in blocks:
        size += block.nbytes
        if size > _LOOKED_AT:
            return
        yield block
