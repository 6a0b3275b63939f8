"""What a project keeps on the disk, and how it is laid over the data."""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.engine.samples import Dataset, Feature, ImageSample, LazyImage, Sample, SequenceSample

PROJECT_FILE = "project.json"
LABELS = "labels"
VERSION = 1


@dataclass
class Corrections:
    """What the user changed. A key that is missing leaves the data's own value; a target of None is no label."""

    classes: tuple[str, ...] | None = None
    targets: dict[str, str | float | None] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    features: dict[str, tuple[Feature, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectFile:
    """What ``project.json`` says: the project's name, the data it is about, and the corrections."""

    name: str
    sources: tuple[Path, ...]
    corrections: Corrections


def load(paths: Sequence[Path]) -> Dataset:
    """Return what the paths hold; a project folder gives its data with the user's corrections laid over.

    Raises `Fault` where they cannot be opened.
    """
    if len(paths) == 1 and is_project(paths[0]):
        from .project import Project

        return Project.open(paths[0]).dataset
    return open_sources(paths)


def open_sources(paths: Sequence[Path]) -> Dataset:
    """Return what is at the paths, without corrections."""
    from biofm_desktop.engine.formats import open_data  # readers are not imported before something is opened

    return open_data(paths)


def is_project(path: Path) -> bool:
    """Say whether a path is the folder of a project, or its ``project.json``."""
    return (path / PROJECT_FILE).is_file() or (path.name == PROJECT_FILE and path.is_file())


def read_project(folder: Path) -> ProjectFile:
    """Return what a project folder's file says; raise `Fault` where it is broken or of a later version."""
    path = folder / PROJECT_FILE
    values = read_json(path)
    try:
        if values["version"] > VERSION:
            raise Fault(
                path, f"it was made by a later version of BioFM Desktop ({values['version']})", "Update the program"
            )
        classes = values.get("classes")
        features = {key: tuple(_feature(f) for f in found) for key, found in values.get("features", {}).items()}
        return ProjectFile(
            name=str(values["name"]),
            sources=tuple(Path(source) for source in values["sources"]),
            corrections=Corrections(
                None if classes is None else tuple(map(str, classes)),
                dict(values.get("targets", {})),
                dict(values.get("splits", {})),
                features,
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Fault(
            path, "it is not a project of BioFM Desktop", "Restore it from a copy", detail=repr(error)
        ) from None


def _feature(values: dict[str, Any]) -> Feature:
    parts = tuple((int(start), int(end)) for start, end in values.pop("parts", ()))
    return Feature(**values, parts=parts)


def write_project(folder: Path, project: ProjectFile) -> None:
    """Write a project's file; raise `Fault` where the disk does not let us."""
    kept = asdict(project.corrections)
    value = {"version": VERSION, "name": project.name, "sources": [str(path) for path in project.sources], **kept}
    write_json(folder / PROJECT_FILE, value, room="project")


def label_path(folder: Path, key: str) -> Path:
    """Return where the corrected mask of a sample lies; keys that no file can be named after are spelt out."""
    stem = quote(key, safe=" !#$&'()+,;=@[]{}~")
    if len(stem) > 120:
        stem = f"{stem[:100]}-{sha256(key.encode()).hexdigest()[:12]}"
    return folder / LABELS / f"{stem}.tif"


def encode_mask(mask: NDArray[Any]) -> bytes:
    """Return a mask as the bytes of a compressed TIFF file."""
    from tifffile import imwrite

    stream = io.BytesIO()
    imwrite(stream, mask, photometric="minisblack", compression="zlib", compressionargs={"level": 3}, metadata=None)
    return stream.getvalue()


def lazy_mask(path: Path, shape: tuple[int, ...]) -> LazyImage:
    """Return the mask in a label file, unread, in the shape of its image; raise `Fault` where the file is broken."""
    from tifffile import TiffFile

    def read() -> NDArray[Any]:
        try:
            with TiffFile(path) as file:
                return np.asarray(file.asarray()).reshape(shape)  # a TIFF forgets axes of length 1
        except Exception as error:  # a broken TIFF raises nearly anything
            raise _broken(path, error) from error

    try:
        with TiffFile(path) as file:
            dtype, found = file.series[0].dtype, file.series[0].size
    except Exception as error:
        raise _broken(path, error) from error
    if found != int(np.prod(shape, dtype=np.int64)):
        raise Fault(
            path, "the corrected label is not of the size of its image", "Delete this file, or restore the image"
        )
    return LazyImage(shape, dtype, read)


def _broken(path: Path, error: Exception) -> Fault:
    return Fault(
        path,
        "the corrected label cannot be read",
        "Delete this file to return to the label of the data",
        detail=repr(error),
    )


def corrected(sample: Sample, corrections: Corrections, mask: LazyImage | None) -> Sample:
    """Return the sample with the user's corrections laid over; ``mask`` is the corrected mask, if there is one."""
    changes: dict[str, Any] = {}
    if sample.key in corrections.targets:
        changes["target"] = corrections.targets[sample.key]
    if sample.key in corrections.splits:
        changes["split"] = corrections.splits[sample.key]
    if sample.key in corrections.features and isinstance(sample, SequenceSample):
        changes["features"] = corrections.features[sample.key]
    if mask is not None and isinstance(sample, ImageSample):
        changes["mask"] = mask
    return replace(sample, **changes) if changes else sample
