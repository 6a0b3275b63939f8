"""Text files line by line, whatever system wrote them."""

from collections.abc import Iterator

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry
from .limits import MOST_TEXT
from .table import decode, is_text

COPY = "Get a sound copy of it"


def text_of(entry: Entry, problems: list[Problem], kind: str, most: int = MOST_TEXT) -> str:
    """Return the whole text with plain line ends; raise `Fault` where the file is no text and so no ``kind``."""
    data = entry.read_bytes(most)
    if not data.strip():
        raise Fault(entry.name, f"it holds nothing but blanks, so it is no {kind}", "Choose another file")
    if not is_text(data[:4096]):
        raise Fault(entry.name, f"it is not text, so it is no {kind}", COPY)
    text = decode(entry, data, problems)
    if "\0" in text:
        place = f"line {text[: text.index(chr(0))].count(chr(10)) + 1}"
        raise Fault(entry.name, "it holds NUL bytes", COPY, place=place)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that are not blank with their numbers, from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def cut_at_the_end(text: str, number: int) -> str:
    """Return a word for a bad line that is the last one and has no line end: it may be cut."""
    last = not text.endswith("\n") and number == text.count("\n") + 1
    return " (the file may be truncated: its last line has no end)" if last else ""
