"""A rule that is to be held against predictions."""

from dataclasses import dataclass

from .base import Sample


@dataclass(frozen=True, eq=False, kw_only=True)
class RuleSample(Sample):
    """``when`` a condition holds ``then`` something is said; both are text of a small grammar and never run as code."""

    when: str
    then: str
