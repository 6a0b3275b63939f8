"""Tiny files for the tests of formats."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


def ramp(height: int = 6, width: int = 8) -> NDArray[np.uint8]:
    """Return a picture of which every pixel is another."""
    return np.arange(height * width, dtype=np.uint8).reshape(height, width)


def png(path: Path, pixels: NDArray[np.generic] | None = None) -> Path:
    """Write a PNG, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(ramp() if pixels is None else pixels).save(path)
    return path


def deep_colour_png(path: Path, pixels: NDArray[np.uint16]) -> Path:
    """Write a PNG of three channels of 16 bits, which Pillow cannot."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def ct_slice(path: Path, z: float = 0.0, **changes: object) -> Path:
    """Write a CT slice of 3 x 4 pixels at height ``z`` in mm, values 0 to 11 with an intercept of -1024."""
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(path)])
    dataset: Dataset = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    dataset.SeriesInstanceUID, dataset.SeriesNumber, dataset.Modality = "1.2.3", 7, "CT"
    dataset.PatientName, dataset.PatientID = "Roe^Jane", "4711"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 3, 4, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [10, 20, z], [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.SliceThickness = [0.5, 0.25], 2
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.PixelData = np.arange(12, dtype="<i2").tobytes()
    for name, value in changes.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


GENBANK = """LOCUS       MADE                      30 bp    DNA     circular SYN 01-JAN-2020
DEFINITION  made up.
ACCESSION   MADE
VERSION     MADE.1
FEATURES             Location/Qualifiers
     gene            3..12
                     /gene="one"
     CDS             complement(join(5..8,14..20))
                     /gene="two"
ORIGIN
        1 acgtacgtac gtacgtacgt acgtacgtac
//
"""
