"""YAML read as plain data: texts, lists and names only; no tags, no aliases, no key twice, no endless depth."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from biofm_desktop.engine.faults import Fault

from .entry import Entry
from .left_out import quoted
from .text_lines import COPY

_DEEPEST = 50
_TURNED = re.compile(
    r"(?:y|n|yes|no|on|off|true|false|~|null)|[-+]?[\d_]+(?::[0-5]?\d)+|\d[\d_]*e[-+]?\d+|\d+\.\d*0|0\d+|\d{4}-\d\d?-\d\d?",
    re.IGNORECASE,
)


class YamlData:
    """What a YAML text holds; ``turned`` are plain words that other readers make into numbers, dates or yes and no."""

    def __init__(self, value: Any, turned: list[str]) -> None:
        self.value, self.turned = value, turned


def yaml_data(entry: Entry, text: str) -> YamlData:
    """Return the one document, every plain word as it is written; raise `Fault` where it is not plain data."""
    reader = _Reader(entry)
    try:
        return YamlData(reader.document(iter(yaml.parse(text, Loader=yaml.SafeLoader))), reader.turned)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = "a tab stands where blanks must indent" if "'\\t'" in str(error.problem) else "it is no sound YAML"
        place = f"line {mark.line + 1}" if mark else ""
        raise Fault(entry.name, told, COPY, place=place, detail=str(error)) from None
    except yaml.YAMLError as error:
        raise Fault(entry.name, "it is no sound YAML", COPY, detail=str(error)) from None


class _Reader:
    """Builds values from the events of a YAML parser, which itself builds nothing."""

    def __init__(self, entry: Entry) -> None:
        self._entry, self.turned = entry, list[str]()
        self._open: list[str | None] = []

    def document(self, events: Iterator[Any]) -> Any:
        """Return the first document; refuse a second one."""
        value = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._fault(event, "it holds several documents (---); one is read")
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, events)
        return value

    def _value(self, event: Any, events: Iterator[Any]) -> Any:
        if isinstance(event, yaml.AliasEvent):
            loop = event.anchor in self._open
            what = "a loop: a list that holds itself" if loop else "an alias (*), which can stand for endless data"
            raise self._fault(event, f"it holds {what}")
        if event.tag is not None:
            raise self._fault(event, f"it holds the tag {quoted(event.tag)}; tags can run code and are never read")
        if isinstance(event, yaml.ScalarEvent):
            if event.style is None and _TURNED.fullmatch(event.value):
                self.turned.append(event.value)
            return event.value
        if len(self._open) >= _DEEPEST:
            raise self._fault(event, f"its lists are nested more than {_DEEPEST} deep")
        self._open.append(event.anchor)
        pairs = isinstance(event, yaml.MappingStartEvent)
        value = self._mapping(events) if pairs else self._sequence(events)
        self._open.pop()
        return value

    def _sequence(self, events: Iterator[Any]) -> list[Any]:
        values = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(self._value(event, events))
        return values

    def _mapping(self, events: Iterator[Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._value(event, events)
            if not isinstance(key, str):
                raise self._fault(event, "a list stands where a name must")
            if key in values:
                raise self._fault(event, f"the key {quoted(key)} is doubled; the second would hide the first")
            values[key] = self._value(next(events), events)
        return values

    def _fault(self, event: Any, fault: str) -> Fault:
        return Fault(self._entry.name, fault, "Write plain data", place=f"line {event.start_mark.line + 1}")
