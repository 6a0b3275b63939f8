"""H5AD (AnnData): a cell a row, with its annotations in memory and the matrix of genes on the disk."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Column, Columns, Problem, TableSample

from .base import Format
from .entry import Entry, faults_of
from .groups import GROUP
from .h5ad_matrix import blocks_of, matrix_of, tell_values
from .hdf5_checks import Contents, contents_of, is_hdf5, opened_hdf5, shown_path
from .left_out import quoted, some
from .sequence_table import SPLIT, TARGET
from .splits import split_named
from .table import named_apart

_MOST_CELLS = 20_000_000
_COPY = "Get a sound copy of it"


class H5ad(Format):
    """Cells by genes; layers, embeddings and whatever else is in the file are left where they are."""

    name, title, suffixes, takes = "h5ad", "AnnData (.h5ad)", (".h5ad",), TableSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending, or is HDF5 that calls itself AnnData."""
        if entry.suffix in self.suffixes:
            return True
        if not is_hdf5(head) or not entry.on_disk:
            return False
        try:
            with opened_hdf5(entry) as file:
                return str(file.attrs.get("encoding-type", "")) == "anndata"
        except Fault:
            return False

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TableSample]:
        """Give the cells."""
        with opened_hdf5(entry) as file:
            contents = contents_of(entry, file, problems)
            for part in ("obs", "var"):
                contents.check(entry, f"/{part}")
                if part not in file:
                    raise Fault(entry.name, f"it has no part {part!r}: it is no AnnData", "Open it as .h5")
                _check_frame(entry, file, part, contents)
            contents.check(entry, "/X")
            cells, genes = _frame(entry, file, "obs"), _frame(entry, file, "var")
            keys, names = _names(cells, "cell", entry, problems), _names(genes, "gene", entry, problems)
            matrix = matrix_of(entry, file, len(keys), len(names)) if "X" in file else None
        blocks = blocks_of(entry, matrix) if matrix else ()
        tell_values(entry, blocks, problems)
        named = {str(name): _column(cells[name]) for name in cells.columns}
        shared = Columns(len(keys), named, named_apart(entry, names, []) if matrix else (), blocks)
        yield from _samples(entry, keys, shared)


def _samples(entry: Entry, keys: list[str], shared: Columns) -> Iterator[TableSample]:
    lower = {name.lower(): column for name, column in reversed(shared.named.items())}
    target, group, split = (
        next((lower[name] for name in names if name in lower), None) for names in (TARGET, GROUP, SPLIT)
    )
    for row, key in enumerate(keys):
        yield TableSample(
            key=key,
            source=entry.source,
            table=shared,
            row=row,
            target=_word(target, row) or None,
            group=_word(group, row),
            split=split_named(_word(split, row)),
        )


def _word(column: Column | None, row: int) -> str:
    cell = None if column is None else column[row]
    if cell is None or (not isinstance(cell, str) and np.isnan(cell)):
        return ""
    return cell if isinstance(cell, str) else f"{float(cell):g}"


def _check_frame(entry: Entry, file: Any, part: str, contents: Contents) -> None:
    """Raise `Fault` where a frame claims more than can be, or a category is named that there is not."""
    inside = {path: stored for path, stored in contents.arrays.items() if path.startswith(f"/{part}/")}
    for path, stored in inside.items():
        if int(np.prod(stored.shape, dtype=np.float64)) > _MOST_CELLS:
            raise Fault(entry.name, f"its part {shown_path(path)} claims a size of {stored.shape} cells", _COPY)
        if contents.barred and "categories" in file[path].attrs:  # an old encoding: it points to any place in the file
            raise Fault(entry.name, f"its part {shown_path(path)} may point to what must not be read", _COPY)
        if path.endswith("/codes") and stored.dtype.kind in "ui":
            column = path.removesuffix("/codes")
            count, codes = len(file[f"{column}/categories"]), file[path][()]
            if codes.size and (int(codes.max()) >= count or int(codes.min()) < -1):
                name = quoted(column.rpartition("/")[2])
                fault = f"its column {name} names category {int(codes.max())}, but there are {count}"
                raise Fault(entry.name, fault, _COPY)


def _frame(entry: Entry, file: Any, part: str) -> Any:
    """Return the annotations of cells or genes as a frame."""
    import warnings

    with faults_of(entry), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old encodings are read all the same
        from anndata.io import read_elem

        frame = read_elem(file[part])
    if not hasattr(frame, "columns"):
        raise Fault(entry.name, f"its part {part!r} is no table", _COPY)
    return frame


def _names(frame: Any, what: str, entry: Entry, problems: list[Problem]) -> list[str]:
    names = [str(name) for name in frame.index]
    doubled = [quoted(name) for name, count in Counter(names).items() if count > 1]
    if doubled:
        message = f"{what} names are doubled and kept apart by a mark: {some(doubled)}"
        problems.append(Problem(entry.name, message))
    return names


def _column(series: Any) -> Column:
    if series.dtype.kind in "buif":
        return np.asarray(series, np.float64)
    missing = series.isna()
    same: dict[str, str] = {}
    words = (None if gone else same.setdefault(str(cell), str(cell)) for cell, gone in zip(series, missing))
    return tuple(words)
