"""Reading many files where one that is broken must not stop the rest."""

from collections.abc import Iterable, Iterator

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, Problem, Sample

from .base import Format
from .entry import Entry
from .listed import FORMATS
from .plain_text import PlainText
from .told import problem_of

#: Files that people keep beside their data and that nobody expects to be opened.
_BESIDE = {
    ".txt",
    ".md",
    ".rst",
    ".pdf",
    ".html",
    ".json",
    ".yaml",
    ".yml",
    ".csv",
    ".tsv",
    ".xml",
    ".log",
    ".py",
    ".docx",
    "",
}
_NOTES = ".txt"


def format_of(entry: Entry) -> Format | None:
    """Return the format of a file by its content; None where it is of none that is known."""
    head = entry.head()
    return next((known for known in FORMATS if known.sniff(entry, head)), None)


def is_image_name(entry: Entry) -> bool:
    """Say whether a file's ending is that of an image format."""
    return entry.suffix in _IMAGE_SUFFIXES


_IMAGE_SUFFIXES = {s.removesuffix(".gz") for f in FORMATS if f.takes is ImageSample for s in f.suffixes if s != ".npz"}


def read_each(entries: Iterable[Entry], problems: list[Problem]) -> Iterator[tuple[Entry, Sample]]:
    """Give the samples of each file with the file they came from; a file that cannot be read becomes a problem."""
    left_out: list[str] = []
    for entry in _without_side_files(list(entries)):
        try:
            known = format_of(entry)
            if known is not None:
                for sample in known.read(entry, problems):
                    yield entry, sample
            elif entry.suffix not in _BESIDE:
                left_out.append(entry.name)
        except Fault as fault:
            problems.append(problem_of(fault))
    if left_out:
        names = ", ".join(left_out[:5]) + (" ..." if len(left_out) > 5 else "")
        problems.append(Problem(names, f"{len(left_out)} files are of no format that is known and were left out"))


def _without_side_files(entries: list[Entry]) -> list[Entry]:
    """Return the files without those that lie beside other data: notes, settings and descriptions."""
    if any(is_image_name(entry) for entry in entries):
        return [entry for entry in entries if is_image_name(entry) or entry.suffix not in _BESIDE or not entry.suffix]
    if all(entry.suffix == _NOTES for entry in entries):
        return entries
    return [entry for entry in entries if entry.suffix != _NOTES or not isinstance(_known(entry), PlainText)]


def _known(entry: Entry) -> Format | None:
    try:
        return format_of(entry)
    except Fault:
        return None


def images_of(entries: Iterable[Entry], problems: list[Problem]) -> Iterator[tuple[Entry, ImageSample]]:
    """Give the images of each file; files of another kind are passed by."""
    for entry, sample in read_each(entries, problems):
        if isinstance(sample, ImageSample):
            yield entry, sample
