"""JSON lines of texts with marked stretches, as annotation tools write them."""

from collections.abc import Iterator
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, Span, TextSample

from .base import Format
from .entry import Entry, shown
from .json_safe import json_of
from .left_out import LeftOut
from .text_doubts import text_doubts
from .text_lines import cut_at_the_end, numbered, text_of

_SPANS = ("spans", "entities", "labels", "label")


class SpansJsonl(Format):
    """One object a line: ``text``, and ``spans`` of [start, end, label] counted in letters."""

    name, title, suffixes, takes = "spans-jsonl", "Texts with marked stretches (JSONL)", (".jsonl",), TextSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending of JSON lines."""
        return entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[TextSample]:
        """Give the lines with a text; spans that do not lie in their text are left out and told."""
        whole = text_of(entry, problems, "JSON lines")
        left_out, lost = LeftOut(entry, "lines"), LeftOut(entry, "spans")
        samples: list[TextSample] = []
        spans_met = 0
        for number, line in numbered(whole):
            try:
                value = json_of(entry, line, f"line {number}")
            except Fault as fault:
                left_out.add(f"line {number}", fault.fault + cut_at_the_end(whole, number), fault.detail)
                if left_out.hopeless(len(samples)):
                    break
                continue
            text = value.get("text") if isinstance(value, dict) else None
            if not isinstance(text, str) or not text:
                left_out.add(f"line {number}", "it has no text")
                continue
            spans = _spans(value, text, number, lost)
            spans_met += len(spans)
            key = value.get("id")
            name = shown(str(key)) if isinstance(key, str | int) else f"{entry.stem}_{number}"
            target = value.get("label") if isinstance(value.get("label"), str) else None
            samples.append(TextSample(key=name, source=entry.source, text=text, spans=spans, target=target))
        left_out.tell(len(samples), problems)
        lost.tell(spans_met, problems, refuse=False)
        problems += [Problem(entry.name, doubt) for doubt in text_doubts(sample.text for sample in samples)]
        yield from samples


def _spans(value: dict[str, Any], text: str, number: int, lost: LeftOut) -> tuple[Span, ...]:
    stated: list[Any] = next((value[name] for name in _SPANS if isinstance(value.get(name), list)), [])
    spans = []
    for place, found in enumerate(stated, 1):
        if isinstance(found, dict):
            found = [found.get("start"), found.get("end"), found.get("label")]
        start, end, label = (*found, None, None, None)[:3] if isinstance(found, list) else (None, None, None)
        where = f"line {number}, span {place}"
        if not isinstance(start, int) or not isinstance(end, int) or not isinstance(label, str):
            lost.add(where, "it is not a start, an end and a label")
        elif not 0 <= start < end <= len(text):
            lost.add(where, f"{start} to {end} does not lie in a text of {len(text):,} letters")
        else:
            spans.append(Span(start, end, shown(label)))
    return tuple(sorted(spans, key=lambda span: (span.start, span.end)))
