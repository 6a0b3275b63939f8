"""Files of rules (YAML or JSON): plain data, conditions of a small grammar."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, RuleSample

from .base import Format
from .conditions import doubt_of_condition, fault_of_condition, names_in
from .entry import Entry, shown
from .graph_checks import loop_in
from .json_safe import json_of
from .left_out import quoted, some
from .text_lines import text_of
from .yaml_safe import yaml_data

_KEYS = ("name", "when", "then", "description", "message", "level")
_YAML = (".yaml", ".yml")
_MOST = 2_000_000  # bytes; YAML is read slowly
_LIKE = 0.7


class Rules(Format):
    """A list of rules, each with a name, ``when`` and ``then``; nothing in them is ever run."""

    name, title, suffixes, takes = "rules", "Rules (YAML, JSON)", (*_YAML, ".json"), RuleSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending of YAML, or is JSON that begins with rules."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return entry.suffix in _YAML or (entry.suffix == ".json" and re.match(rb'\{\s*"rules"', start) is not None)

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[RuleSample]:
        """Give the rules; raise `Fault` where one is not sound: a rule that is left out would be missed by nobody."""
        text = text_of(entry, problems, "file of rules", _MOST)
        if entry.suffix in _YAML:
            data = yaml_data(entry, text)
            value = data.value
            if data.turned:
                message = f"its words {some(map(quoted, data.turned))} were kept as text (not made numbers, yes or no)"
                problems.append(Problem(entry.name, message))
        else:
            value = json_of(entry, text)
        stated = value.get("rules") if isinstance(value, dict) else None
        if not isinstance(stated, list) or not stated:
            raise Fault(
                entry.name, "it holds no list of rules ('rules:' with one rule at least)", "Choose another file"
            )
        rules = [_rule(entry, number, rule, problems) for number, rule in enumerate(stated, 1)]
        doubled = sorted({rule.key for rule in rules if sum(other.key == rule.key for other in rules) > 1})
        if doubled:
            problems.append(Problem(entry.name, f"names of rules are doubled: {some(map(quoted, doubled))}"))
        _tell_loop(entry, rules, problems)
        yield from rules


def _rule(entry: Entry, number: int, rule: Any, problems: list[Problem]) -> RuleSample:
    place = f"rule {number}"
    if not isinstance(rule, dict):
        raise Fault(entry.name, "it is no rule (name, when, then)", "Mend this rule", place=place)
    for key in rule:
        near = difflib.get_close_matches(key.lower(), _KEYS, 1, _LIKE) if key not in _KEYS else []
        if near:
            raise Fault(entry.name, f"the key {quoted(key)} is not known", f"Did you mean {near[0]!r}?", place=place)
    for key in ("when", "then"):
        if not isinstance(rule.get(key), str) or not rule[key].strip():
            raise Fault(entry.name, f"it has no {key!r} that is a text", "Mend this rule", place=place)
    if fault := fault_of_condition(rule["when"]):
        raise Fault(entry.name, f"the condition under 'when' is none: {shown(fault)}", "Mend this rule", place=place)
    if doubt := doubt_of_condition(rule["when"]):
        problems.append(Problem(entry.name, f"{place}: {doubt}"))
    others = {shown(key): shown(str(cell)) for key, cell in rule.items() if key not in ("name", "when", "then")}
    key = shown(str(rule.get("name") or f"{entry.stem}_{number}"))
    return RuleSample(key=key, source=entry.source, when=rule["when"], then=rule["then"], columns=others)


def _tell_loop(entry: Entry, rules: list[RuleSample], problems: list[Problem]) -> None:
    """Tell where rules wait for each other."""
    makes = {rule.key: rule.key for rule in rules}
    makes |= {rule.then.removeprefix("set ").strip(): rule.key for rule in rules if rule.then.startswith("set ")}
    calls = {rule.key: [makes[name] for name in names_in(rule.when) if name in makes] for rule in rules}
    if loop := loop_in(calls):
        problems.append(Problem(entry.name, f"its rules form a loop, each waits for the next: {some(loop, 10)}"))
