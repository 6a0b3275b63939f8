"""What the view says about features, letters and selections."""

import html
from typing import TYPE_CHECKING

from biofm_desktop.engine.samples import Feature

if TYPE_CHECKING:
    from .content import Content

_STRANDS = {1: "forward strand", -1: "reverse strand"}


def plain_tip(text: str) -> str:
    """Return the text as a tooltip that shows it letter by letter, whatever marks a file put into it."""
    return "<p style='white-space:pre-wrap'>" + html.escape(text).replace("\n", "<br>") + "</p>"


def span(start: int, end: int) -> str:
    """Return a half-open range as 1-based positions."""
    return f"{start + 1:,}" if end - start == 1 else f"{start + 1:,}–{end:,}"


def about_feature(feature: Feature, unit: str) -> str:
    """Return name, kind, place and score of a feature."""
    lines = [feature.name[:300]] if feature.name else []
    strand = _STRANDS.get(feature.strand)
    lines.append(f"{feature.kind[:100]}, {strand}" if strand else feature.kind[:100])
    size = sum(end - start for start, end in feature.parts) or feature.end - feature.start
    lines.append(f"{span(feature.start, feature.end)} ({size:,} {unit})")
    if len(feature.parts) > 1:
        lines.append(f"joined from {len(feature.parts)} parts")
    if feature.score is not None:
        lines.append(f"score {feature.score:.4g}")
    return "\n".join(lines)


def about_selection(content: "Content", start: int, end: int) -> str:
    """Return place, length and make-up of a selection."""
    if end <= start:
        return f"Before {start + 1:,}" if start < content.length else f"After {content.length:,}"
    share = content.composition.share(start, end)
    make_up = "" if share != share else f"  ·  {content.plotted} {share:.1%}"
    return f"{span(start, end)}  ·  {end - start:,} {content.unit}{make_up}"


def read_positions(text: str, length: int) -> tuple[int, int] | None:
    """Read ``1,234``, ``100-200`` or ``100..200`` (1-based, ends included) as a half-open range; None: wrong."""
    cleaned = text.replace(",", "").replace(" ", "").replace("..", "-").replace("–", "-").replace(":", "-")
    first, dash, last = cleaned.partition("-")
    if not (first.isascii() and first.isdigit() and (not dash or (last.isascii() and last.isdigit()))):
        return None
    if len(first) > 15 or len(last) > 15:
        return None
    start, end = int(first), int(last or first)
    if not 1 <= start <= length or not start <= end:
        return None
    return start - 1, min(end, length)
