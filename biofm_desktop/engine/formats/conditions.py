"""The small grammar of a rule's condition. It is checked here and never run as code."""

import re
from itertools import accumulate

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<word>[A-Za-z][\w.-]*)|(?P<text>'[^']*'|"[^"]*")"""
    r"""|(?P<compare>[<>=!]=|[<>=~])|(?P<bracket>[()]))"""
)
_JOINED = {"and", "or"}
_DEEPEST, _LONGEST = 50, 2_000
_ENDLESS = re.compile(r"\([^()]*[+*][^()]*\)\s*(?:[+*]|\{)")
Token = tuple[str, str]


def fault_of_condition(condition: str) -> str:
    """Return what is wrong with a condition; empty where it is one.

    A condition compares (``score > 0.5``, ``name ~ 'CD4.*'``) or names another rule; ``and``, ``or``, ``not`` and
    brackets join conditions.
    """
    if len(condition) > _LONGEST:
        return f"it is longer than {_LONGEST:,} letters"
    tokens = _tokens(condition)
    if isinstance(tokens, str):
        return tokens
    depths = list(accumulate((word == "(") - (word == ")") for _, word in tokens))
    if max(depths, default=0) > _DEEPEST:
        return "it is nested too deep"
    fault, rest = _joined(tokens)
    return fault or (f"{rest[0][1]!r} is one word too many" if rest else "")


def doubt_of_condition(condition: str) -> str:
    """Return what is odd about a sound condition: a pattern that could take endless time."""
    return "its pattern can take endless time and will be held to a limit" if _ENDLESS.search(condition) else ""


def names_in(condition: str) -> list[str]:
    """Return the words that stand alone in a condition: rules that it refers to."""
    tokens = _tokens(condition)
    if isinstance(tokens, str):
        return []
    beside = [("", ""), *tokens, ("", "")]
    return [
        word
        for before, (kind, word), after in zip(beside, beside[1:], beside[2:])
        if kind == "word" and word not in _JOINED | {"not"} and "compare" not in (before[0], after[0])
    ]


def _tokens(condition: str) -> list[Token] | str:
    found: list[Token] = []
    at = 0
    text = condition.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            return f"{text[at : at + 20].strip()!r} is no part of a condition"
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _joined(tokens: list[Token]) -> tuple[str, list[Token]]:
    fault, rest = _single(tokens)
    while not fault and rest and rest[0][0] == "word" and rest[0][1] in _JOINED:
        fault, rest = _single(rest[1:])
    return fault, rest


def _single(tokens: list[Token]) -> tuple[str, list[Token]]:
    while tokens and tokens[0] == ("word", "not"):
        tokens = tokens[1:]
    if not tokens:
        return "a part of it is missing at its end", []
    if tokens[0] == ("bracket", "("):
        fault, rest = _joined(tokens[1:])
        if not fault and rest[:1] != [("bracket", ")")]:
            return "a bracket is never closed", rest
        return fault, rest[1:]
    if tokens[0][0] == "bracket" or tokens[0][0] == "compare":
        return f"{tokens[0][1]!r} stands in the wrong place", tokens
    if len(tokens) > 1 and tokens[1][0] == "compare":
        if len(tokens) < 3 or tokens[2][0] not in ("number", "word", "text"):
            return f"nothing to compare with stands after {tokens[1][1]!r}", tokens
        return "", tokens[3:]
    if tokens[0][0] != "word":
        return f"{tokens[0][1]!r} alone is no condition", tokens
    return "", tokens[1:]
