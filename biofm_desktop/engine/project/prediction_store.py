"""Predictions on the disk: one line of JSON each, arrays in files of their own that are read memory-mapped."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import append_lines, at_point, free_bytes, write_with
from biofm_desktop.engine.predictions import (
    ClassPrediction,
    CurvePrediction,
    MaskPrediction,
    Prediction,
    ValuePrediction,
)

LINES = "predictions.jsonl"
_ROOM = "export"
_ARRAYS: dict[str, tuple[str, ...]] = {"mask": ("masks", "certainty"), "curve": ("curves",)}


class PredictionWriter:
    """Adds predictions to a folder; each stands complete on the disk when `add` returns.

    A folder that holds predictions already is continued; of two predictions with one key the later one counts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._next = 1 + max((line["number"] for line in _lines(folder)), default=0) if _file(folder).exists() else 1
        self._open: dict[str, int] = {}
        #: So many predictions were added by this writer.
        self.count = 0

    def __enter__(self) -> "PredictionWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mask_files(
        self, key: str, shape: tuple[int, ...], dtype: np.dtype[Any] | type[np.generic]
    ) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Return memory-mapped arrays (mask, certainty) to fill; `add` a `MaskPrediction` of this key made of them.

        The disk space is taken at once: raises `Fault` where there is not enough.
        """
        number = self._open.setdefault(key, self._take_number())
        kinds = (np.dtype(dtype), np.dtype(np.uint8))
        mask, certainty = (_map_new(path, shape, kind) for path, kind in zip(self._files("mask", number), kinds))
        return mask, certainty

    def add(self, prediction: Prediction) -> None:
        """Write one prediction; raises `Fault` where the disk does not let us."""
        mapped = isinstance(prediction, MaskPrediction) and prediction.key in self._open
        number = self._open[prediction.key] if mapped else self._take_number()
        line = {"number": number, **_to_values(prediction)}
        files = self._files(line["kind"], number)
        try:
            match prediction:
                case MaskPrediction() if mapped:
                    _finish(files, (prediction.mask, prediction.certainty))
                case MaskPrediction():
                    self._save(files, (prediction.mask, prediction.certainty))
                case CurvePrediction():
                    self._save(files, (np.asarray(prediction.scores, np.float32),))
            append_lines(_file(self.folder), [json.dumps(line, ensure_ascii=False)], room=_ROOM)
        except BaseException:
            _remove(files)
            raise
        finally:
            self._open.pop(prediction.key, None)
        self.count += 1

    def close(self) -> None:
        """Drop arrays that were begun and not added, and see the lines onto the disk."""
        for number in self._open.values():
            _remove(self._files("mask", number))
        self._open.clear()
        if _file(self.folder).exists():
            _sync(_file(self.folder), point="close")

    def _take_number(self) -> int:
        number, self._next = self._next, self._next + 1
        return number

    def _files(self, kind: str, number: int) -> list[Path]:
        return [_array_path(self.folder, room, number) for room in _ARRAYS.get(kind, ())]

    def _save(self, paths: list[Path], arrays: tuple[NDArray[Any], ...]) -> None:
        for path, array in zip(paths, arrays):
            # A handle, not a name: numpy would add its own suffix to the name.
            write_with(path, lambda aside, array=array: _save_array(aside, array), room=_ROOM)  # type: ignore[misc]


def read_predictions(folder: Path) -> list[Prediction]:
    """Return the predictions of a folder, masks memory-mapped; raise `Fault` where they are missing or broken."""
    by_key: dict[str, tuple[int, dict[str, Any]]] = {}
    for values in _lines(folder):
        by_key[str(values.get("key"))] = (int(values.pop("number")), values)
    return [_from_values(folder, number, values) for number, values in by_key.values()]


def _file(folder: Path) -> Path:
    return folder / LINES


def _array_path(folder: Path, room: str, number: int) -> Path:
    return folder / room / f"{number:06d}.npy"


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = _file(folder).read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise system_fault(_file(folder), error) from error
    for place, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            values = json.loads(line)
            if not (isinstance(values["number"], int) and isinstance(values["key"], str)):
                raise TypeError
        except (ValueError, KeyError, TypeError) as error:
            if place == len(lines):
                return  # a crash cut the last line
            raise Fault(
                _file(folder), "it cannot be read", "Predict again", place=f"line {place}", detail=str(error)
            ) from None
        yield values


def _to_values(prediction: Prediction) -> dict[str, Any]:
    match prediction:
        case ClassPrediction():
            return {"kind": "class", **vars(prediction)}
        case ValuePrediction():
            return {"kind": "value", **vars(prediction)}
        case MaskPrediction():
            kept = {name: value for name, value in vars(prediction).items() if name not in ("mask", "certainty")}
            return {"kind": "mask", **kept}
        case CurvePrediction():
            kept = {name: value for name, value in vars(prediction).items() if name != "scores"}
            return {"kind": "curve", **kept}


def _from_values(folder: Path, number: int, values: dict[str, Any]) -> Prediction:
    kind = values.pop("kind", None)
    arrays = [_read_array(_array_path(folder, room, number)) for room in _ARRAYS.get(kind, ())]
    try:
        match kind:
            case "class":
                return ClassPrediction(**values)
            case "value":
                return ValuePrediction(**values)
            case "mask":
                values |= {name: tuple(values[name]) for name in ("classes", "spacing")}
                values["affine"] = tuple(tuple(row) for row in values["affine"])
                return MaskPrediction(mask=arrays[0], certainty=arrays[1], **values)
            case "curve":
                values["spans"] = tuple((s, e, label, score) for s, e, label, score in values["spans"])
                return CurvePrediction(scores=arrays[0], **values)
    except (TypeError, KeyError, ValueError) as error:
        detail = str(error)
        raise Fault(_file(folder), "a prediction cannot be read", "Predict again", detail=detail) from None
    raise Fault(_file(folder), f"it holds an unknown kind of prediction, {kind!r}", "Update BioFM Desktop")


def _read_array(path: Path) -> NDArray[Any]:
    try:
        if path.stat().st_size > 2**16:
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
            return array
        return np.asarray(np.load(path, allow_pickle=False))  # small or empty: a map costs more, or is not possible
    except OSError as error:
        raise system_fault(path, error) from error
    except ValueError as error:
        raise Fault(path, "the array cannot be read", "Predict again", detail=str(error)) from None


def _save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a file as `numpy.save` does, which tells nothing of a full disk where its last bytes do not fit."""
    plain = np.ascontiguousarray(array).reshape(array.shape)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, _header(plain.shape, plain.dtype))
        file.write(plain.reshape(-1).view(np.uint8).data)


def _header(shape: tuple[int, ...], kind: np.dtype[Any]) -> dict[str, Any]:
    return {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}


def _map_new(path: Path, shape: tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    """Make an array file whose space is really taken: a map into a full disk would kill the process (SIGBUS)."""
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        at_point(f"{_ROOM}.write", path)
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, _header(shape, kind))
            start = file.tell()
            if hasattr(os, "posix_fallocate"):
                file.flush()
                os.posix_fallocate(file.fileno(), start, max(size, 1))
            elif free_bytes(path) < size:
                raise Fault(path, "there is not enough space on the disk", "Free some space or choose another folder")
            file.truncate(start + size)
        return np.memmap(path, kind, "r+", start, shape) if size else np.zeros(shape, kind)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise system_fault(path, error) from error


def _finish(paths: list[Path], arrays: tuple[NDArray[Any], ...]) -> None:
    """See mapped arrays onto the disk; the line that names them makes them count, so that they need no renaming."""
    for path, array in zip(paths, arrays):
        _sync(path, array)


def _sync(path: Path, array: NDArray[Any] | None = None, *, point: str = "sync") -> None:
    try:
        at_point(f"{_ROOM}.{point}", path)
        if isinstance(array, np.memmap):
            array.flush()
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise system_fault(path, error) from error


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):  # Windows keeps a file that is still mapped
            path.unlink(missing_ok=True)
