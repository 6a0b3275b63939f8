"""TIFF, BigTIFF, ImageJ and OME-TIFF: 8, 16 bit and float, channels, z-stacks, spacing where the file states it."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .entry import Entry, faults_of
from .limits import check_memory
from .tiff_checks import check_chain, check_page
from .tiff_spacing import ome_problem, spacing_of

_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_COPY = "Get a sound copy of it"


class Tiff(Format):
    """TIFF in its usual kinds; a file with several series gives the first."""

    name, title, suffixes, takes = "tiff", "TIFF image or stack", (".tif", ".tiff", ".btf"), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the file begins with the mark of TIFF or BigTIFF."""
        return head.startswith(_MARKS)

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the one image or stack."""
        met: list[Problem] = []
        with faults_of(entry), entry.open_seekable() as file:
            check_chain(entry, file, met)
            with _opened(entry, file, met) as (tiff, series):
                shape, axes = _layout(entry, series, met)
                spacing, unit = spacing_of(entry, tiff, axes, met)
                channels = _channels(tiff, shape[axes.index("C")] if "C" in axes else 1)
                pixels = LazyImage(shape, _plain(series.dtype), partial(_pixels, entry, shape))
                yield ImageSample(
                    key=entry.stem,
                    source=entry.source,
                    pixels=pixels,
                    axes=axes,
                    spacing=spacing,
                    unit=unit,
                    channels=channels,
                )
        problems += met


@contextmanager
def _opened(entry: Entry, file: IO[bytes], problems: list[Problem]) -> Iterator[tuple[Any, Any]]:
    """Open with tifffile and check the first page; OME-XML is believed only where it agrees with the pages.

    Never more than this one file: an OME-TIFF may name others, anywhere.
    """
    from tifffile import TiffFile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what matters of its log is checked here
    with TiffFile(file, name=entry.path.name, _multifile=False) as tiff:
        if not tiff.pages:
            raise Fault(entry.name, "it holds no image", _COPY)
        check_page(entry, tiff, problems)
        if tiff.is_ome and (fault := ome_problem(tiff)):
            problems.append(Problem(entry.name, fault))
            tiff.is_ome = False
        elif not tiff.is_ome and "<OME " in tiff.pages[0].description:
            problems.append(Problem(entry.name, "its OME metadata is cut short and was left out"))
        series = tiff.series[0]
        claimed = (tiff.imagej_metadata or {}).get("images", 1) if tiff.is_imagej else 1
        if isinstance(claimed, int) and claimed > (there := prod(series.shape) // tiff.pages[0].size):
            problems.append(
                Problem(entry.name, f"it claims {claimed:,} slices, {claimed - there:,} slices are missing")
            )
        if len(tiff.series) > 1:
            message = f"it holds {len(tiff.series)} series of images; only the first is opened"
            problems.append(Problem(entry.name, message))
        yield tiff, series


def _plain(dtype: Any) -> "np.dtype[Any]":
    """Return the type in the byte order of this machine; bool as 8 bit."""
    dtype = np.dtype(dtype)
    return np.dtype(np.uint8) if dtype == np.bool_ else dtype.newbyteorder("=")


def _layout(entry: Entry, series: Any, problems: list[Problem]) -> tuple[tuple[int, ...], str]:
    """Return shape and axes in ``CZYX`` letters, axes of one place left out."""
    sizes = [(size, axis) for size, axis in zip(series.shape, series.axes) if size > 1 or axis in "YX"]
    axes = ""
    for size, axis in sizes:
        letter = {"S": "C", "Y": "Y", "X": "X", "C": "C", "Z": "Z"}.get(axis, "Z")
        if letter in axes:
            fault = f"its axes {series.axes} of {series.shape} are more than channels, depth, height and width"
            raise Fault(entry.name, fault, "Save one stack a file")
        if axis == "T":
            problems.append(Problem(entry.name, f"its {size} points in time are shown as planes of a stack"))
        axes += letter
    if np.dtype(series.dtype).kind not in "buif":
        raise Fault(entry.name, f"its pixels are of type {series.dtype}", "Save it with whole or real numbers")
    return tuple(size for size, _ in sizes), axes


def _channels(tiff: Any, count: int) -> tuple[str, ...]:
    names: list[str] = []
    if tiff.is_imagej:
        labels = (tiff.imagej_metadata or {}).get("Labels") or []
        names = [str(label) for label in labels][:count] if len(labels) >= count else []
    if not names and count == 3 and tiff.pages[0].photometric in (2, 6):
        names = ["red", "green", "blue"]
    return tuple(names) if len(names) == count > 1 else ()


def _pixels(entry: Entry, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return all pixels; memory-mapped where the file lies on the disk in one unpacked piece."""
    with faults_of(entry), entry.open_seekable() as file, _opened(entry, file, []) as (tiff, series):
        native = tiff.byteorder == ("<" if sys.byteorder == "little" else ">") or np.dtype(series.dtype).itemsize == 1
        if entry.on_disk and native and series.dataoffset is not None:
            return np.memmap(entry.source, _plain(series.dtype), "r", series.dataoffset, shape)
        check_memory(entry.name, series.nbytes)
        pixels = np.asarray(series.asarray())
        return pixels.reshape(shape).astype(_plain(pixels.dtype), copy=False)
