"""Where a Zarr lies in a folder or an archive: it is one thing to open, whatever number of files it has."""

from collections.abc import Iterable
from pathlib import PurePosixPath

#: The files that make a folder a Zarr: version 3, an array and a group of version 2.
MARKS = ("zarr.json", ".zarray", ".zgroup")
ENDING = ".zarr"


def mark_among(names: Iterable[str]) -> str:
    """Return the mark of a Zarr among the names of a folder; empty where there is none."""
    there = set(names)
    return next((mark for mark in MARKS if mark in there), "")


def zarr_tops(members: Iterable[str]) -> dict[PurePosixPath, str]:
    """Return the outermost folders of an archive that are a Zarr, each with the mark in it."""
    marks: dict[PurePosixPath, str] = {}
    for member in members:
        place = PurePosixPath(member)
        if place.name in MARKS and not place.is_absolute() and ".." not in place.parts:
            marks.setdefault(place.parent, member)
    return {
        top: mark for top, mark in marks.items() if not any(parent in marks for parent in top.parents if parent != top)
    }
