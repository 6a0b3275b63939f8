"""CoNLL columns: a token a line with its tag (B-, I-, O), sentences parted by blank lines."""

import re
from collections import Counter
from collections.abc import Iterator

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, Span, TextSample

from .base import Format
from .entry import Entry, shown
from .left_out import LeftOut, quoted, some
from .text_doubts import text_doubts
from .text_lines import COPY, cut_at_the_end, text_of

_TAG = re.compile(r"O|([BIESLU])-(\S+)")
_LOOKED_AT = 20  # lines
_ENDINGS = (".conll", ".iob", ".bio", ".iob2")
Token = tuple[int, str, str]  # line, word, tag


class Conll(Format):
    """Tokens with entity tags in the last column; other columns are left aside."""

    name, title, suffixes, takes = "conll", "Tokens with entities (CoNLL)", (*_ENDINGS, ".tsv", ".txt"), TextSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending of CoNLL, or columns of which the last are tags."""
        if entry.suffix in _ENDINGS:
            return True
        return entry.suffix in self.suffixes and _looks(head.decode("utf-8", "replace"))

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TextSample]:
        """Give one text a sentence; raise `Fault` naming the line where the columns differ."""
        text = text_of(entry, problems, "CoNLL")
        sentences = list(_sentences(entry, text))
        if not sentences:
            raise Fault(entry.name, "it holds no record (no token with a tag)", "Choose another file")
        doubts = LeftOut(entry, "tags")
        samples = [
            _sample(f"{entry.stem}_{number}", entry, tokens, doubts) for number, tokens in enumerate(sentences, 1)
        ]
        kinds = Counter(span.label for sample in samples for span in sample.spans)
        _tell_tags(entry, sentences, kinds, problems)
        doubts.tell(len(samples), problems)
        problems += [Problem(entry.name, doubt) for doubt in text_doubts(sample.text for sample in samples)]
        yield from samples


def _looks(head: str) -> bool:
    """Say whether the first whole lines are tokens that end in a tag, one of them O at least."""
    lines = [line.split() for line in head.split("\n")[:-1][:_LOOKED_AT]]
    tags = [words[-1] if len(words) > 1 else "" for words in lines if words and words[0] != "-DOCSTART-"]
    return len(tags) > 1 and "O" in tags and all(map(_TAG.fullmatch, tags))


def _sentences(entry: Entry, text: str) -> Iterator[list[Token]]:
    tokens: list[Token] = []
    columns = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("-DOCSTART-"):
            if tokens:
                yield tokens
            tokens = []
            continue
        cells = line.split("\t") if "\t" in line else line.split(" ")
        cells = [cell for cell in cells if cell] if "\t" not in line else cells
        columns = columns or len(cells)
        if len(cells) != columns or columns < 2:
            fault = f"it has {len(cells)} columns, the first line has {columns}" + cut_at_the_end(text, number)
            raise Fault(entry.name, fault, COPY, place=f"line {number}")
        tokens.append((number, cells[0], cells[-1].strip()))
    if tokens:
        yield tokens


def _sample(key: str, entry: Entry, tokens: list[Token], doubts: LeftOut) -> TextSample:
    """Return a sentence, its words joined by blanks, with the entities as spans."""
    text, spans = "", []
    opened: tuple[int, int, str] | None = None
    for number, word, tag in tokens:
        found = _TAG.fullmatch(tag)
        mark, label = (found[1] or "O", shown(found[2] or "")) if found else ("O", "")
        start = len(text) + (1 if text else 0)
        text += (" " if text else "") + word
        goes_on = opened is not None and mark in "IEL" and label == opened[2]
        if opened is not None and not goes_on:
            spans.append(Span(*opened))
            opened = None
        if goes_on and opened is not None:
            opened = (opened[0], len(text), label)
        elif mark != "O":
            if mark in "IEL":
                doubts.doubt(f"line {number}", "an I- without its B- before it; it was taken as the begin of an entity")
            opened = (start, len(text), label)
    if opened is not None:
        spans.append(Span(*opened))
    return TextSample(key=key, source=entry.source, text=text, spans=tuple(spans))


def _tell_tags(entry: Entry, sentences: list[list[Token]], kinds: Counter[str], problems: list[Problem]) -> None:
    strange: dict[str, int] = {}
    for tokens in sentences:
        for number, _, tag in tokens:
            if not _TAG.fullmatch(tag):
                strange.setdefault(tag, number)
    if strange:
        told = some(f"line {number}: {quoted(tag)}" for tag, number in strange.items())
        known = f"; the kinds of entity in it are {some(kinds)}" if kinds else ""
        problems.append(
            Problem(entry.name, f"tags that are none (B-, I- and a kind, or O) were taken as O: {told}{known}")
        )
