"""Options are dataclass fields that know title, range, unit and help: they become form, JSON and flags."""

import argparse
import csv
import io
import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, TypeVar, get_origin, get_type_hints

from .faults import Fault

T = TypeVar("T")


@dataclass(frozen=True)
class OptionSpec:
    """One option as a form, a flag or a check sees it.

    ``low`` and ``high`` are inclusive bounds of numbers, ``choices`` the allowed values (empty: any), ``unit`` is for
    display. ``advanced`` options are folded away in forms, together with those of the same ``group``.
    """

    name: str
    type: type
    default: Any
    title: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[Any, ...] = ()
    advanced: bool = False
    group: str = ""

    @property
    def flag(self) -> str:
        """Return the command-line flag of this option."""
        return "--" + self.name.replace("_", "-")

    def check(self, value: Any) -> Any:
        """Return the value in the option's type; raise `Fault` where it is not allowed."""
        value = self._typed(value)
        if self.choices and value not in self.choices:
            raise self._fault(f"{value!r} is not one of {', '.join(map(str, self.choices))}")
        if self.type in (int, float):
            if not math.isfinite(value):
                raise self._fault(f"{value} is not a finite number")
            if self.low is not None and value < self.low:
                raise self._fault(f"{value} is below {self.low:g}")
            if self.high is not None and value > self.high:
                raise self._fault(f"{value} is above {self.high:g}")
        return value

    def _typed(self, value: Any) -> Any:
        try:
            if self.type is bool:
                if isinstance(value, bool):
                    return value
                return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                    str(value).lower()
                ]
            if self.type is str and not isinstance(value, str):
                raise TypeError
            if self.type in (int, float) and isinstance(value, bool):
                raise TypeError  # for Python True is a number
            if self.type is int and float(value) != int(float(value)):
                raise ValueError
            if self.type is tuple:
                return _listed(value) if isinstance(value, str) else tuple(value)
            return self.type(value)
        except (TypeError, ValueError, KeyError, OverflowError):
            raise self._fault(f"{value!r} is not {_ARTICLE[self.type]}") from None

    def _fault(self, fault: str) -> Fault:
        bounds = [
            f"{word} {bound:g}" for word, bound in (("at least", self.low), ("at most", self.high)) if bound is not None
        ]
        way_out = f"Give {_ARTICLE[self.type]}" + (" of " + " and ".join(bounds) if bounds else "")
        if self.choices:
            way_out = "Choose " + ", ".join(map(str, self.choices))
        return Fault(f"option {self.flag}", fault, way_out)


def _listed(text: str) -> tuple[str, ...]:
    """Return the texts between commas; one that holds a comma or a quote is quoted as in CSV."""
    return tuple(next(csv.reader([text]), []))


def _joined(texts: Any) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(texts)
    return line.getvalue()


_ARTICLE: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "yes or no",
    tuple: "a list",
}


def option(
    default: Any,
    title: str,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    help: str = "",
    choices: tuple[Any, ...] = (),
    advanced: bool = False,
    group: str = "",
) -> Any:
    """Make a dataclass field that is an option; see `OptionSpec` for what the words mean."""
    spec = {
        "title": title,
        "low": low,
        "high": high,
        "unit": unit,
        "help": help,
        "choices": choices,
        "advanced": advanced or bool(group),
        "group": group,
    }
    return field(default=default, metadata={"option": spec})


def specs(of: type) -> tuple[OptionSpec, ...]:
    """Return the options of a dataclass, in order; fields without a title are not options."""
    hints = get_type_hints(of)
    return tuple(
        OptionSpec(
            f.name,
            get_origin(hints[f.name]) or hints[f.name],
            f.default if f.default is not MISSING else None,
            **f.metadata["option"],
        )
        for f in fields(of)
        if "option" in f.metadata
    )


def to_json(options: Any) -> dict[str, Any]:
    """Return the options as a JSON-able dictionary."""
    return asdict(options)


def from_json(of: type[T], values: Mapping[str, Any], *, tolerant: bool = False) -> T:
    """Make the dataclass from a dictionary, each value checked.

    Raises `Fault` for an unknown name or a value out of range. ``tolerant`` (for files of other versions) drops those
    instead.
    """
    known = {spec.name: spec for spec in specs(of)}
    made: dict[str, Any] = {}
    for name, value in values.items():
        try:
            if name not in known:
                raise Fault(f"option {name!r}", "there is none of this name", f"Known are {', '.join(known)}")
            made[name] = known[name].check(value)
        except Fault:
            if not tolerant:
                raise
    return of(**made)


def add_flags(parser: argparse.ArgumentParser, of: type) -> None:
    """Give the parser a flag for each option of the dataclass; an option not given stays absent."""
    for spec in specs(of):
        words = [spec.help or spec.title, f"(default {spec.default}{' ' + spec.unit if spec.unit else ''})"]
        parser.add_argument(
            spec.flag, dest=spec.name, metavar=spec.name.upper(), default=None, help=" ".join(words).replace("%", "%%")
        )


def from_flags(of: type[T], given: argparse.Namespace) -> T:
    """Make the dataclass from parsed flags."""
    values = {s.name: getattr(given, s.name) for s in specs(of) if getattr(given, s.name, None) is not None}
    return from_json(of, values)


def to_flags(options: Any) -> list[str]:
    """Return the flags that give these options on a command line; defaults are left out."""
    words: list[str] = []
    for spec in specs(type(options)):
        value = getattr(options, spec.name)
        if value != spec.default:
            words += [spec.flag, _joined(value) if spec.type is tuple else str(value)]
    return words
