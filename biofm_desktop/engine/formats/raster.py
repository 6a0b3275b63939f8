"""PNG, JPEG, BMP and GIF: header by the first bytes where they suffice, else by Pillow."""

import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .entry import Entry, faults_of
from .limits import MOST_PIXELS, check_memory

if TYPE_CHECKING:
    from PIL.Image import Image

#: What Pillow's modes become; palettes and the rest are turned into RGB. Alpha is dropped.
_GREY = {"1": np.uint8, "L": np.uint8, "LA": np.uint8, "I": np.int32, "F": np.float32}
_GREY |= dict.fromkeys(("I;16", "I;16B", "I;16L", "I;16N"), np.uint16)
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_TURNS = {2: "mirrored", 3: "turned by 180 degrees", 4: "mirrored", 5: "turned by 90 degrees and mirrored"}
_TURNS |= {6: "turned by 90 degrees", 7: "turned by 90 degrees and mirrored", 8: "turned by 270 degrees"}


class Raster(Format):
    """A picture that is decoded as a whole."""

    takes = ImageSample
    magic: ClassVar[tuple[bytes, ...]]

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the file begins with the format's mark."""
        return head.startswith(self.magic)

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the one picture."""
        shape, dtype = self._header(entry, problems)
        axes = "YXC" if len(shape) == 3 else "YX"
        channels = ("red", "green", "blue") if len(shape) == 3 else ()
        pixels = LazyImage(shape, dtype, partial(_pixels, entry))
        yield ImageSample(key=entry.stem, source=entry.source, pixels=pixels, axes=axes, channels=channels)

    def _header(self, entry: Entry, problems: list[Problem]) -> tuple[tuple[int, ...], Any]:
        return _slow_header(entry, problems)


class Png(Raster):
    """Portable network graphics, 8 or 16 bit, grey, colour or palette."""

    name, title, suffixes = "png", "PNG image", (".png",)
    magic = (b"\x89PNG\r\n\x1a\n",)

    def _header(self, entry: Entry, problems: list[Problem]) -> tuple[tuple[int, ...], Any]:
        return _png_header(entry, entry.head()) or _slow_header(entry, problems)


class Jpeg(Raster):
    """JPEG, grey or colour."""

    name, title, suffixes = "jpeg", "JPEG image", (".jpg", ".jpeg", ".jpe")
    magic = (b"\xff\xd8\xff",)

    def _header(self, entry: Entry, problems: list[Problem]) -> tuple[tuple[int, ...], Any]:
        return _jpeg_header(entry, entry.head()) or _slow_header(entry, problems)


class Bmp(Raster):
    """Windows bitmap."""

    name, title, suffixes = "bmp", "BMP image", (".bmp",)
    magic = (b"BM",)

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the mark is followed by a header's length that there is."""
        return head.startswith(self.magic) and head[14:18] in {
            struct.pack("<I", n) for n in (12, 40, 52, 56, 64, 108, 124)
        }


class Gif(Raster):
    """GIF, of which the first frame is opened."""

    name, title, suffixes = "gif", "GIF image", (".gif",)
    magic = (b"GIF87a", b"GIF89a")


def check_size(entry: Entry, width: int, height: int) -> None:
    """Raise `Fault` where a picture has no pixels or more than may be decoded."""
    if width < 1 or height < 1:
        raise Fault(entry.name, f"its size is {width} x {height}: it has no pixels", "Get a sound copy of it")
    if width * height > MOST_PIXELS:
        fault = f"it claims {width} x {height} pixels, more than {MOST_PIXELS:,}"
        raise Fault(entry.name, fault, "Save it as a tiled TIFF, or cut it into parts")


def _png_header(entry: Entry, head: bytes) -> tuple[tuple[int, ...], Any] | None:
    """Return shape and type by the first chunk; None where more must be read (palette, animation)."""
    if len(head) < 41 or head[12:16] != b"IHDR":
        raise Fault(entry.name, "it is truncated (cut short) in its header", "Get a sound copy of it")
    width, height, depth, colour = struct.unpack(">IIBB", head[16:26])
    if zlib.crc32(head[12:29]) != struct.unpack(">I", head[29:33])[0]:
        raise Fault(entry.name, "it is damaged: the checksum of its header is wrong", "Get a sound copy of it")
    check_size(entry, width, height)
    if depth not in _PNG_DEPTHS.get(colour, ()):
        raise Fault(entry.name, f"it is damaged: {depth} bits of colour type {colour}", "Get a sound copy of it")
    if struct.unpack(">I", head[33:37])[0] > entry.size:
        raise Fault(
            entry.name,
            "it is truncated (cut short) or damaged: a part claims more bytes than the file has",
            "Get a sound copy of it",
        )
    if colour == 3 or b"acTL" in head or head[37:41] not in (b"IDAT", b"tEXt", b"gAMA", b"sRGB", b"pHYs"):
        return None
    return (height, width) if colour in (0, 4) else (height, width, 3), np.uint16 if depth == 16 else np.uint8


def _jpeg_header(entry: Entry, head: bytes) -> tuple[tuple[int, ...], Any] | None:
    """Return shape and type by the frame's mark; None where it lies further on or EXIF may turn the picture."""
    at = 2
    while at + 10 <= len(head) and head[at] == 0xFF:
        mark, length = head[at + 1], struct.unpack_from(">H", head, at + 2)[0]
        if mark == 0xE1:
            return None
        if mark in (0xC0, 0xC1, 0xC2):
            height, width, channels = struct.unpack_from(">HHB", head, at + 5)
            check_size(entry, width, height)
            return (height, width) if channels == 1 else (height, width, 3), np.uint8
        at += 2 + length
    return None


def _slow_header(entry: Entry, problems: list[Problem]) -> tuple[tuple[int, ...], Any]:
    with faults_of(entry), entry.open() as file, _opened(entry, file) as image:
        width, height = image.size
        check_size(entry, width, height)
        if getattr(image, "is_animated", False) or b"acTL" in entry.head_raw(64):
            problems.append(Problem(entry.name, "it holds several frames; the first is opened, the rest are missing"))
        if "exif" in image.info:
            _check_turn(entry, image, problems)
        deep = _deep_png(file)
        if image.mode in _GREY:
            return (height, width), np.uint16 if deep else _GREY[image.mode]
        if image.mode == "P" and _grey_palette(image):
            return (height, width), np.uint8
        return (height, width, 3), np.uint16 if deep else np.uint8


def _check_turn(entry: Entry, image: "Image", problems: list[Problem]) -> None:
    try:
        turn = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 - EXIF is not needed; a broken one harms nothing
        problems.append(Problem(entry.name, "its EXIF data cannot be read and was left out"))
        return
    if turn in _TURNS:
        message = f"its EXIF orientation says {_TURNS[turn]}; pixels are opened as stored, not turned"
        problems.append(Problem(entry.name, message))


def _opened(entry: Entry, file: Any) -> "Image":
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow's own limit of 89 megapixels warns on ordinary slides
    try:
        return Image.open(file, formats=("PNG", "JPEG", "BMP", "GIF"))
    except Image.DecompressionBombError:
        fault = f"it claims more than {2 * MOST_PIXELS:,} pixels"
        raise Fault(entry.name, fault, "Save it as a tiled TIFF, or cut it into parts") from None


def _deep_png(file: Any) -> bool:
    """Say whether a PNG has 16 bits and several channels, which Pillow cuts to 8."""
    place = file.tell()
    file.seek(0)
    head = file.read(26)
    file.seek(place)
    return head[:4] == b"\x89PNG" and head[24] == 16 and head[25] in (2, 4, 6)


def _grey_palette(image: "Image") -> bool:
    palette = np.asarray(image.getpalette("RGB") or [0], np.uint8)
    return palette.size % 3 == 0 and bool((palette.reshape(-1, 3) == palette.reshape(-1, 3)[:, :1]).all())


def _pixels(entry: Entry) -> NDArray[Any]:
    """Return (Y, X) or (Y, X, 3) as the header promised; alpha is dropped, palettes become their colours."""
    with faults_of(entry), entry.open_seekable() as file, _opened(entry, file) as image:
        check_size(entry, *image.size)
        check_memory(entry.name, image.size[0] * image.size[1] * 4)
        if _deep_png(file):
            return _deep_pixels(file)
        if image.mode == "1":
            return np.asarray(image.convert("L"))
        if image.mode == "LA":
            return np.asarray(image.getchannel("L"))
        if image.mode == "P" and _grey_palette(image):
            return np.asarray(image.convert("L"))
        if image.mode in _GREY:
            return np.asarray(image, dtype=_GREY[image.mode])
        if image.mode == "P":
            image.info.pop("transparency", None)
        if image.mode == "RGBA":  # not convert("RGB"): same numbers, but this way no colour under clear pixels is lost
            return np.ascontiguousarray(np.asarray(image)[..., :3])
        return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _deep_pixels(file: Any) -> NDArray[Any]:
    from imagecodecs import png_decode

    file.seek(0)
    pixels = np.asarray(png_decode(file.read()))
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if channels == 2:
        return np.ascontiguousarray(pixels[..., 0])
    return np.ascontiguousarray(pixels[..., :3]) if channels == 4 else pixels


def mask_values(entry: Entry) -> NDArray[Any]:
    """Return the values of a label picture, (Y, X): palette indices as they are, black and white as 0 and 1.

    Raises `Fault` where the picture is coloured: colours do not say which class they mean.
    """
    with faults_of(entry), entry.open_seekable() as file, _opened(entry, file) as image:
        check_size(entry, *image.size)
        if image.mode in ("1", "P"):
            return np.asarray(image).astype(np.uint8)
        if image.mode in _GREY and image.mode != "LA":
            return np.asarray(image, dtype=_GREY[image.mode])
    pixels = _pixels(entry)
    if pixels.ndim == 3 and not (pixels == pixels[..., :1]).all():
        raise Fault(entry.name, "it is a label picture in colours", "Save labels as one channel of class numbers")
    return pixels[..., 0] if pixels.ndim == 3 else pixels
