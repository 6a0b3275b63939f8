"""Plain text: one note a file, offsets as in the file."""

from collections.abc import Iterator

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, TextSample

from .base import Format
from .entry import Entry
from .table import decode, is_text
from .text_doubts import text_doubts
from .text_lines import COPY

_MOST = 200_000_000  # bytes


class PlainText(Format):
    """Text under the ending .txt that is nothing else."""

    name, title, suffixes, takes = "text", "Plain text", (".txt",), TextSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending of text."""
        return entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TextSample]:
        """Give the one text, its line ends as they are."""
        data = entry.read_bytes(_MOST)
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        if not is_text(data[:4096].replace(b"\0", b" ")) or (not wide and data.count(0) > len(data) // 3):
            raise Fault(entry.name, "it is not text", COPY)
        text = decode(entry, data, problems)
        if not text.strip():
            raise Fault(entry.name, "it is empty: it holds nothing but blanks", "Choose another file")
        if nul := text.count("\0"):
            problems.append(Problem(entry.name, f"it holds {nul:,} NUL bytes, which are shown as \u2400"))
            text = text.replace("\0", "\u2400")  # one letter for one, so that places stay
        problems += [Problem(entry.name, doubt) for doubt in text_doubts([text])]
        yield TextSample(key=entry.stem, source=entry.source, text=text)
