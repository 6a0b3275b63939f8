"""One DICOM file: its header checked, its pixels scaled. Names of persons are never taken from it."""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry, faults_of
from .limits import check_memory

_COPY = "Get a sound copy of it"
_PLAIN = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"}


@dataclass(frozen=True)
class Slice:
    """What a file says of its picture: sizes, place in mm (LPS), spacing (rows, columns) in mm, scale.

    ``position``, ``across`` (along a row), ``down`` and ``spacing`` are () where they are not stated or not valid.
    """

    entry: Entry
    series: str
    instance: str
    number: int
    modality: str
    patient: str
    frames: int
    rows: int
    columns: int
    colour: bool
    stored: str
    position: tuple[float, ...]
    across: tuple[float, ...]
    down: tuple[float, ...]
    spacing: tuple[float, ...]
    between: float
    slope: float
    shift: float
    hounsfield: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (Y, X), with frames before and colours after where there are any."""
        ends = (self.rows, self.columns, 3) if self.colour else (self.rows, self.columns)
        return (self.frames, *ends) if self.frames > 1 else ends

    @property
    def dtype(self) -> "np.dtype[Any]":
        """Return the type after scaling: whole numbers where they stay whole."""
        stored = np.dtype(self.stored)
        if (self.slope, self.shift) == (1, 0):
            return stored
        if not (self.slope.is_integer() and self.shift.is_integer()) or stored.itemsize > 2:
            return np.dtype(np.float32)
        info = np.iinfo(stored)
        ends = [bound * self.slope + self.shift for bound in (info.min, info.max)]
        return np.dtype(np.int16 if min(ends) >= -(2**15) and max(ends) < 2**15 else np.int32)

    def pixels(self) -> NDArray[Any]:
        """Return the values as `shape`, scaled (Hounsfield units in CT)."""
        entry = self.entry
        check_memory(entry.name, int(np.prod(self.shape)) * 4)
        with faults_of(entry), entry.open_seekable() as file, _quiet():
            from pydicom import dcmread

            dataset = dcmread(file)
            try:
                stored = np.asarray(dataset.pixel_array)
            except Exception as error:
                fault = "its pixel data cannot be decompressed or is damaged"
                raise Fault(entry.name, fault, _COPY, detail=repr(error)) from error
        if stored.shape != self.shape:
            raise Fault(entry.name, f"its pixel data has the shape {stored.shape}, not {self.shape}", _COPY)
        if (self.slope, self.shift) == (1, 0):
            return stored.astype(self.dtype, copy=False)
        return (stored * np.float64(self.slope) + self.shift).astype(self.dtype)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pydicom's warnings, which quote values of the file, off the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_slice(entry: Entry, problems: list[Problem]) -> Slice:
    """Return the checked header; raise `Fault` where there is no picture, or one that cannot be right."""
    from pydicom import dcmread

    with entry.open_seekable() as file, faults_of(entry), _quiet():
        preamble = file.read(132)
        file.seek(0)
        if preamble[128:] != b"DICM":
            raise Fault(entry.name, "it is not DICOM: the mark DICM is missing", "Choose another file")
        if preamble[:2] == b"MZ":
            message = "its preamble is the head of a program; it was not run and is left out of exports"
            problems.append(Problem(entry.name, message))
        dataset = dcmread(file, defer_size=4096)
        return _checked(entry, dataset, problems)


def _checked(entry: Entry, dataset: Any, problems: list[Problem]) -> Slice:
    what = entry.name
    syntax = str(getattr(dataset.file_meta, "TransferSyntaxUID", ""))
    if not syntax or not getattr(dataset.file_meta.TransferSyntaxUID, "is_transfer_syntax", False):
        raise Fault(what, f"its transfer syntax ({syntax or 'none'}) is not known", "Save it uncompressed")
    raw = dataset._dict.get(0x7FE00010) or dataset._dict.get(0x7FE00008)
    if raw is None:
        raise Fault(what, "it has no pixel data", "Choose a file with a picture")
    rows, columns = _whole(what, dataset, "Rows"), _whole(what, dataset, "Columns")
    samples, bits = _whole(what, dataset, "SamplesPerPixel"), _whole(what, dataset, "BitsAllocated")
    if samples not in (1, 3):
        raise Fault(what, f"SamplesPerPixel is {samples}, not 1 or 3", _COPY)
    if bits not in (1, 8, 16, 32):
        raise Fault(what, f"BitsAllocated is {bits}, not 8 or 16", _COPY)
    frames = _whole(what, dataset, "NumberOfFrames", 1, "frames")
    length = getattr(raw, "length", None)
    needed = rows * columns * samples * frames * bits // 8
    if syntax in _PLAIN:
        _check_length(what, length, needed, frames)
    if str(dataset.get("BurnedInAnnotation", "")).upper() == "YES":
        problems.append(Problem(what, "it says that personal text is burned into its pixels: look before you share it"))
    modality = str(dataset.get("Modality", ""))[:16]
    slope, shift, scaled = _scale(what, dataset, modality, problems)
    across, down = _directions(what, dataset, problems)
    signed = bool(_number(dataset, "PixelRepresentation", 0))
    kind = "u1" if bits == 1 else f"{'i' if signed else 'u'}{bits // 8}"
    return Slice(
        entry,
        series=str(dataset.get("SeriesInstanceUID", "")),
        instance=str(dataset.get("SOPInstanceUID", "")),
        number=int(_number(dataset, "SeriesNumber", 0)),
        modality=modality,
        patient=_patient(dataset),
        frames=frames,
        rows=rows,
        columns=columns,
        colour=samples == 3,
        stored=kind,
        position=_numbers(dataset, "ImagePositionPatient", 3),
        across=across,
        down=down,
        spacing=_spacing(what, dataset, problems),
        between=float(_number(dataset, "SpacingBetweenSlices", 0) or _number(dataset, "SliceThickness", 0)),
        slope=slope,
        shift=shift,
        hounsfield=scaled and modality == "CT",
    )


def _check_length(what: str, length: int | None, needed: int, frames: int) -> None:
    if length is not None and length < needed:
        claim = f"{frames:,} frames claim {needed:,} bytes" if frames > 1 else f"{needed:,} bytes are claimed"
        fault = f"its pixel data is truncated (cut short): {claim}, {max(length, 0):,} are there"
        raise Fault(what, fault, _COPY)


def _value(dataset: Any, name: str) -> Any:
    try:
        return dataset.get(name)
    except Exception:  # noqa: BLE001 - pydicom reads a value at its first use and raises what it likes
        return "unreadable"


def _whole(what: str, dataset: Any, name: str, default: int | None = None, word: str = "") -> int:
    value = _value(dataset, name)
    if value is None and default is not None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        given = "missing" if value is None else f"{str(value)[:20]!r}"
        raise Fault(what, f"{name} is {given}, not a whole number from 1{f' ({word})' if word else ''}", _COPY)
    return number


def _number(dataset: Any, name: str, default: float) -> float:
    try:
        return float(_value(dataset, name))
    except (TypeError, ValueError):
        return default


def _numbers(dataset: Any, name: str, count: int) -> tuple[float, ...]:
    try:
        values = tuple(float(value) for value in _value(dataset, name))
    except (TypeError, ValueError):
        return ()
    return values if len(values) == count and all(np.isfinite(values)) else ()


def _patient(dataset: Any) -> str:
    """Return a mark that is the same for the same patient; the id itself may name a person and stays behind."""
    identity = str(_value(dataset, "PatientID") or "").strip()
    return f"patient-{hashlib.sha256(identity.encode()).hexdigest()[:10]}" if identity else ""


def _scale(what: str, dataset: Any, modality: str, problems: list[Problem]) -> tuple[float, float, bool]:
    slope, shift = _value(dataset, "RescaleSlope"), _value(dataset, "RescaleIntercept")
    if slope is None and shift is None:
        if modality == "CT":
            problems.append(Problem(what, "it has no RescaleSlope: its values are raw numbers, not Hounsfield units"))
        return 1.0, 0.0, False
    try:
        numbers = float(1 if slope is None else slope), float(0 if shift is None else shift)
    except (TypeError, ValueError):
        numbers = (float("nan"), 0.0)
    if not all(np.isfinite(numbers)):
        raise Fault(what, "RescaleSlope or RescaleIntercept is not a number: its values cannot be known", _COPY)
    if numbers[0] == 0:
        problems.append(Problem(what, "RescaleSlope is 0, which makes all pixels equal; raw numbers are opened"))
        return 1.0, 0.0, False
    return *numbers, True


def _directions(what: str, dataset: Any, problems: list[Problem]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if _value(dataset, "ImageOrientationPatient") is None:
        return (), ()
    six = _numbers(dataset, "ImageOrientationPatient", 6)
    across, down = np.array(six[:3]), np.array(six[3:])
    if len(six) != 6 or abs(across @ down) > 0.01 or abs(across @ across - 1) > 0.02 or abs(down @ down - 1) > 0.02:
        problems.append(Problem(what, "its orientation is not valid; it is opened without one"))
        return (), ()
    return six[:3], six[3:]


def _spacing(what: str, dataset: Any, problems: list[Problem]) -> tuple[float, ...]:
    values = _numbers(dataset, "PixelSpacing", 2) or _numbers(dataset, "ImagerPixelSpacing", 2)
    if not values and (shared := _value(dataset, "SharedFunctionalGroupsSequence")):
        measures = getattr(shared[0], "PixelMeasuresSequence", None)
        values = _numbers(measures[0], "PixelSpacing", 2) if measures else ()
    if values and all(1e-6 < value < 1e6 for value in values):
        return values
    message = f"its pixel spacing is {'not valid' if values else 'missing'}; lengths are in pixels"
    problems.append(Problem(what, message))
    return ()
