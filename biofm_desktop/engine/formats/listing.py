"""Lists of files: of a folder, of a .zip, of several paths. Nothing is read, no link out of the folder is followed."""

import os
import stat
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry, Tree, entry_of, faults_of
from .keys import natural
from .limits import MOST_FILES, MOST_MEMBER, MOST_RATIO
from .zarr_entry import ENDING, mark_among, zarr_tops

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: [natural(part) for part in entry.path.parts]))


def list_folder(folder: Path, problems: list[Problem]) -> Tree:
    """Return the plain files of a folder and its folders, without hidden ones; a Zarr counts as one file."""
    entries: list[Entry] = []
    waiting = [(folder, PurePosixPath())]
    top = folder.resolve()
    while waiting:
        here, place = waiting.pop()
        try:
            found = list(os.scandir(here))
        except OSError as error:
            if here == folder:
                raise system_fault(folder, error) from error
            problems.append(Problem(str(place), f"{system_fault(place, error).fault}; it was left out"))
            continue
        if mark := mark_among(item.name for item in found):
            link = (here / mark).is_symlink()
            _add_file(here / mark, _place_of(here, place), top, entries, problems, link=link)
            continue
        if here.suffix.lower() == ENDING:
            what = str(_place_of(here, place))
            problems.append(Problem(what, "it is no Zarr: it has no zarr.json, .zarray or .zgroup"))
            continue
        for item in found:
            if _hidden(item.name):
                continue
            if item.is_dir(follow_symlinks=False):
                waiting.append((Path(item.path), place / item.name))
            else:
                _add_file(Path(item.path), place / item.name, top, entries, problems, link=item.is_symlink())
            if len(entries) > MOST_FILES:
                raise Fault(folder, f"it holds more than {MOST_FILES:,} files", "Open a part of it")
    return Tree(folder.name or str(folder), folder, _in_order(entries))


def _place_of(folder: Path, place: PurePosixPath) -> PurePosixPath:
    return place if place.parts else PurePosixPath(folder.name or "folder")


def _add_file(
    path: Path, place: PurePosixPath, top: Path, entries: list[Entry], problems: list[Problem], *, link: bool
) -> None:
    try:
        if link and not path.resolve().is_relative_to(top):
            problems.append(Problem(str(place), "it is a link that leads outside the folder; it was left out"))
            return
        status = path.stat()
    except (OSError, RuntimeError):  # RuntimeError: a ring of links
        problems.append(Problem(str(place), "the file is not there (a link to nothing); it was left out"))
        return
    if link and stat.S_ISDIR(status.st_mode):
        return  # its files lie in this folder and are listed there
    if not stat.S_ISREG(status.st_mode):
        problems.append(Problem(str(place), "it is not a file (a pipe, device or socket); it was left out"))
    elif status.st_size == 0:
        problems.append(Problem(str(place), "the file is empty (0 bytes); it was left out"))
    else:
        entries.append(Entry(place, path, status.st_size, modified=status.st_mtime_ns))


def list_archive(archive: Entry, problems: list[Problem]) -> Tree:
    """Return the files in a .zip that is on the disk; members with false sizes or bad names become problems."""
    with faults_of(archive), archive.open() as file, zipfile.ZipFile(file) as opened:
        members = opened.infolist()
    if len(members) > MOST_FILES:
        raise Fault(archive.name, f"it holds more than {MOST_FILES:,} files", "Unpack it and open a part")
    entries: dict[PurePosixPath, Entry] = {}
    tops = zarr_tops(member.filename for member in members)
    for member in members:
        place = PurePosixPath(member.filename.replace("\\", "/"))
        top = next((parent for parent in place.parents if parent in tops), None)
        if top is not None and ".." not in place.parts and not place.is_absolute():
            if member.filename != tops[top]:
                continue
            place = top if top.parts else PurePosixPath(archive.stem)
        elif member.is_dir() or any(_hidden(part) for part in place.parts if part != ".."):
            continue
        fault = _member_fault(member, place)
        if place in entries:
            fault = "its name is doubled in the archive, so which one counts is not certain; it was left out"
            entries.pop(place)
        if fault:
            problems.append(Problem(f"{archive.name}/{member.filename}", fault))
        else:
            entries[place] = Entry(place, archive.source, member.file_size, member.filename, archive.modified)
    return Tree(archive.stem, archive.source, _in_order(list(entries.values())))


def _member_fault(member: zipfile.ZipInfo, place: PurePosixPath) -> str:
    if place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
        return "its name leads outside the archive; it was left out"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a link; it was left out"
    if member.flag_bits & 1:
        return "it is locked by a password; it was left out"
    if member.file_size == 0:
        return "the file is empty (0 bytes); it was left out"
    if member.file_size > MOST_MEMBER or member.file_size > MOST_RATIO * max(member.compress_size, 1) + 1_000_000:
        return f"it claims a size of {member.file_size:,} bytes, packed into {member.compress_size:,}; it was left out"
    return ""


def list_paths(paths: Sequence[Path], problems: list[Problem]) -> Tree:
    """Return several files (and the files of folders among them) as one set."""
    entries: list[Entry] = []
    for path in paths:
        try:
            if path.is_dir():
                inner = list_folder(path, problems)
                entries += [replace(e, path=PurePosixPath(path.name) / e.path) for e in inner.entries]
            else:
                entries.append(entry_of(path, path.name))
        except Fault as fault:
            problems.append(Problem(path.name, fault.fault))
    return Tree(paths[0].parent.name or str(paths[0].parent), paths[0].parent, tuple(entries))
