"""DICOMDIR, the table of contents of a DICOM disc: read only to tell what is missing, never followed."""

from typing import Any

from biofm_desktop.engine.samples import Problem

from .entry import Entry, Tree, faults_of

_DIRECTORY = "1.2.840.10008.1.3.10"
_SHOWN = 5


def is_directory(entry: Entry) -> bool:
    """Say whether a DICOM file is a table of contents."""
    return entry.path.name.upper() == "DICOMDIR"


def tell_directory(entry: Entry, tree: Tree, problems: list[Problem]) -> None:
    """Tell which files the table names outside the folder or that are missing, and whether its records loop.

    The folder's own files are opened without it.
    """
    from pydicom import dcmread

    with entry.open_seekable() as file, faults_of(entry):
        dataset = dcmread(file)
        if str(dataset.file_meta.get("MediaStorageSOPClassUID", "")) != _DIRECTORY:
            return
        records = list(dataset.get("DirectoryRecordSequence", ()))
    there = {str(other.path).upper() for other in tree.entries}
    outside, missing = [], []
    for record in records:
        name = _file_of(record)
        if name.startswith("/") or ".." in name.split("/") or ":" in name:
            outside.append(name)
        elif name and str(entry.path.parent / name).upper() not in there:
            missing.append(name)
    if outside:
        problems.append(Problem(entry.name, f"it names files outside its folder, which were not read: {len(outside)}"))
    if missing:
        names = ", ".join(missing[:_SHOWN])
        problems.append(Problem(entry.name, f"{len(missing)} of the files that it names are missing: {names}"))
    if any(
        record.get("OffsetOfTheNextDirectoryRecord", 0) == getattr(record, "seq_item_tell", -1) for record in records
    ):
        problems.append(Problem(entry.name, "its records loop: one names itself as the next"))


def _file_of(record: Any) -> str:
    value = record.get("ReferencedFileID") or ()
    parts = [value] if isinstance(value, str) else [str(part) for part in value]
    return "/".join(parts).replace("\\", "/")
