"""Samples that are on both sides of a split: what makes figures look better than they are."""

from .find import find_leaks
from .leak import Leak, LeakReport

__all__ = ["Leak", "LeakReport", "find_leaks"]
