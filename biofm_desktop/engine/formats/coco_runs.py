"""Run lengths of COCO: masks that are checked by their sums and never drawn when they are opened."""

from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Region

from .entry import Entry
from .limits import MOST_PIXELS
from .region_checks import Size, numbers
from .text_lines import COPY


def runs_of(
    entry: Entry, place: str, outline: dict[str, Any], size: Size | None, label: str, score: float | None
) -> Region:
    """Return a mask as runs with its frame; raise `Fault` where the runs do not fill the picture."""
    stated = numbers(outline.get("size"), 2)
    if stated is None:
        raise Fault(entry.name, "its run lengths (RLE) state no size", COPY, place=place)
    height, width = int(stated[0]), int(stated[1])
    if not 0 < height * width <= MOST_PIXELS or (size is not None and size != (width, height)):
        picture = f", the picture {size[0]} x {size[1]}" if size else ""
        raise Fault(entry.name, f"its run lengths (RLE) have a size of {width} x {height}{picture}", COPY, place=place)
    counts = outline.get("counts")
    runs = _unpacked(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(isinstance(run, int) and run >= 0 for run in runs):
        raise Fault(entry.name, "its run lengths (RLE) are not whole numbers from 0", COPY, place=place)
    if sum(runs) != height * width:
        fault = f"its run lengths (RLE) add up to {sum(runs):,} pixels, the picture has {height * width:,}"
        raise Fault(entry.name, fault, COPY, place=place)
    return Region("box", _frame(runs, height), label, score, runs=tuple(runs))


def _frame(runs: list[int], height: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return two corners around the marked runs, which go down the columns."""
    left, top, right, bottom = float("inf"), float("inf"), 0.0, 0.0
    at = 0
    for number, run in enumerate(runs):
        if number % 2 and run:
            last = at + run - 1
            left, right = min(left, at // height), max(right, last // height + 1)
            whole = last // height > at // height
            top, bottom = min(top, 0 if whole else at % height), max(bottom, height if whole else last % height + 1)
        at += run
    return ((0.0, 0.0), (0.0, 0.0)) if right == 0 else ((float(left), float(top)), (float(right), float(bottom)))


def _unpacked(text: str) -> list[int] | None:
    """Return the runs of COCO's packed text (six bits a sign, differences to the run before last)."""
    runs: list[int] = []
    value = shift = 0
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64 or shift > 60:
            return None
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs if shift == 0 else None
