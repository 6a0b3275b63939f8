"""Lists find by name, keep their order and suggest."""

from dataclasses import dataclass

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.registry import Registry


@dataclass(frozen=True)
class Entry:
    """Anything with a name."""

    name: str


FRUITS = Registry("fruit", [Entry("pear"), Entry("apple"), Entry("plum")])


def test_entries_are_found_by_name_and_keep_their_order():
    assert FRUITS["apple"] == Entry("apple")
    assert FRUITS.names == ("pear", "apple", "plum")
    assert [entry.name for entry in FRUITS] == list(FRUITS.names)
    assert len(FRUITS) == 3
    assert "plum" in FRUITS
    assert "fig" not in FRUITS


def test_an_unknown_name_suggests_near_ones():
    with pytest.raises(Fault, match="Did you mean apple"):
        FRUITS["aple"]


def test_an_unknown_name_with_no_near_one_lists_all():
    with pytest.raises(Fault, match="pear or apple or plum"):
        FRUITS["zzz"]


def test_doubles_are_refused():
    with pytest.raises(ValueError, match="share a name"):
        Registry("fruit", [Entry("fig"), Entry("fig")])
