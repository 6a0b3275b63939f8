"""Options become forms, JSON and flags, and refuse what is not allowed in all three."""

import argparse
from dataclasses import dataclass

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import add_flags, from_flags, from_json, option, specs, to_flags, to_json


@dataclass(frozen=True, kw_only=True)
class Tea:
    """Options of every type."""

    cups: int = option(1, "Cups", low=1, high=12, unit="cups", help="100 % pure")
    heat: float = option(95.0, "Heat", low=0, high=100, unit="°C")
    kind: str = option("green", "Kind", choices=("green", "black"))
    milk: bool = option(False, "Milk", advanced=True)
    extras: tuple[str, ...] = option((), "Extras")
    grown: int = 7


def parsed(*words):
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_flags(parser, Tea)
    return from_flags(Tea, parser.parse_args(list(words)))


def test_fields_without_a_title_are_no_options():
    assert [spec.name for spec in specs(Tea)] == ["cups", "heat", "kind", "milk", "extras"]
    assert specs(Tea)[0].flag == "--cups"
    assert specs(Tea)[3].advanced


@pytest.mark.parametrize(
    "tea",
    [
        Tea(),
        Tea(cups=3, heat=80.5, kind="black", milk=True, extras=("lemon", "mint")),
        Tea(heat=1e-07),
        Tea(extras=("a, b", 'c "d"')),
        Tea(extras=("",)),
    ],
)
def test_options_come_back_equal_from_json_and_from_flags(tea):
    values = {name: value for name, value in to_json(tea).items() if name != "grown"}
    assert from_json(Tea, values) == tea
    assert parsed(*to_flags(tea)) == tea


def test_defaults_need_no_flags():
    assert to_flags(Tea()) == []
    assert parsed() == Tea()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("cups", 0, "below 1"),
        ("cups", 13, "above 12"),
        ("cups", 1.5, "not a whole number"),
        ("cups", "two", "not a whole number"),
        ("cups", None, "not a whole number"),
        ("cups", True, "not a whole number"),
        ("cups", float("inf"), "not a whole number"),
        ("cups", "1e400", "not a whole number"),
        ("heat", "warm", "not a number"),
        ("heat", float("nan"), "not a finite number"),
        ("heat", "inf", "not a finite number"),
        ("kind", "red", "not one of green, black"),
        ("milk", "perhaps", "not yes or no"),
        ("extras", 5, "not a list"),
        ("sugar", 1, "there is none of this name"),
    ],
)
def test_what_is_not_allowed_is_a_fault_that_says_what_is(name, value, said):
    with pytest.raises(Fault, match=said) as caught:
        from_json(Tea, {name: value})
    assert caught.value.way_out
    assert from_json(Tea, {name: value, "heat": 50.0} if name != "heat" else {name: value}, tolerant=True).cups == 1


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [("cups", "3", 3), ("cups", 3.0, 3), ("heat", 80, 80.0), ("milk", "yes", True), ("milk", "0", False)],
)
def test_values_get_the_type_of_the_option(name, value, typed):
    made = getattr(from_json(Tea, {name: value}), name)
    assert made == typed
    assert type(made) is type(typed)


def test_the_help_of_a_flag_tells_default_and_unit():
    parser = argparse.ArgumentParser()
    add_flags(parser, Tea)
    text = parser.format_help()
    assert "100 % pure (default 1 cups)" in text
