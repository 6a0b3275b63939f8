"""JSON read strictly: no NaN, no key twice, no endless depth, a place for every fault."""

import json
import math
import re
from collections import Counter
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry
from .left_out import quoted
from .text_lines import COPY, text_of

_MOST = 500_000_000  # bytes; what is read takes some ten times as much memory
_MAY_BE_INFINITE = re.compile(r"NaN|Infinity|\d[eE]\+?\d{3}|\d{300}")


def json_value(entry: Entry, problems: list[Problem]) -> Any:
    """Return what the JSON holds; raise `Fault` where it is not sound."""
    return json_of(entry, text_of(entry, problems, "JSON", _MOST))


def json_of(entry: Entry, text: str, place: str = "") -> Any:
    """Return what a JSON text of a file (or of one of its lines, then named by ``place``) holds."""
    try:
        value = json.loads(text, object_pairs_hook=_without_doubles, parse_int=_whole)
    except json.JSONDecodeError as error:
        where = place or f"line {error.lineno}, column {error.colno}"
        cut = not text[error.pos :].strip() or "Unterminated" in error.msg
        fault = "its JSON is truncated (cut short) or damaged" if cut else "it is no sound JSON"
        raise Fault(entry.name, fault, COPY, place=where, detail=str(error)) from None
    except RecursionError:
        raise Fault(entry.name, "its JSON is nested too deep", COPY, place=place) from None
    except _DoubledKeyError as error:
        fault = f"the key {quoted(error)} is doubled in its JSON; the second would hide the first"
        raise Fault(entry.name, fault, "Keep one of them", place=place) from None
    if _MAY_BE_INFINITE.search(text) and (found := not_finite(value)):
        fault = f"{quoted(found[0])} is {found[1]}: JSON holds only numbers that are finite"
        raise Fault(entry.name, fault, COPY, place=place)
    return value


class _DoubledKeyError(ValueError):
    pass


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) < len(pairs):
        times = Counter(key for key, _ in pairs)
        raise _DoubledKeyError(times.most_common(1)[0][0])
    return whole


def _whole(digits: str) -> int | str:
    """Return a whole number; one of more digits than any id or size has stays text."""
    return int(digits) if len(digits) <= 20 else digits


def not_finite(value: Any, path: str = "") -> tuple[str, str] | None:
    """Return the place and the word of the first number that is NaN or infinite; None where there is none."""
    waiting = [(value, path)]
    while waiting:
        here, place = waiting.pop()
        if isinstance(here, float) and not math.isfinite(here):
            return place, {math.inf: "Infinity", -math.inf: "-Infinity"}.get(here, "NaN")
        if isinstance(here, dict):
            waiting += [(part, f"{place}.{key}".lstrip(".")) for key, part in reversed(here.items())]
        elif isinstance(here, list):
            waiting += [(part, f"{place}[{i}]") for i, part in reversed(list(enumerate(here)))]
    return None
