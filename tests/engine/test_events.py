"""Events cross the pipe unchanged."""

import math

import pytest

from biofm_desktop.engine.events import (
    EpochDone,
    Failed,
    Finished,
    Preview,
    Progress,
    Saved,
    Started,
    StepDone,
    Warned,
    from_line,
    to_line,
)
from biofm_desktop.engine.faults import Fault

EXAMPLES = [
    Started("Train", 10, 2, {"train": 5, "metric": "dice"}),
    Progress(1, 0, "Reading"),
    StepDone(1, 1, 0.1 + 0.2, 1e-3),
    EpochDone(1, 10, 0.5, None, {"dice": 0.25}, best=True),
    Preview("ä\nb\u2028", "text", None, "/x"),
    Saved("/x/y", "model"),
    Warned('quotes " and \\ and \x00'),
    Failed("why", "detail\nof lines", refused=True),
    Finished("done", stopped=True, result={"a": [1, {"b": None}]}),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_every_event_comes_back_equal_from_one_line(event):
    line = to_line(event)
    assert "\n" not in line
    assert from_line(line) == event


def test_numbers_that_are_not_finite_come_back():
    back = from_line(to_line(StepDone(1, 1, math.nan, math.inf)))
    assert math.isnan(back.loss)
    assert back.learning_rate == math.inf


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "1", "{}", '{"event": "Exploded"}', '{"event": "Saved"}', '{"event": "Saved", "x": 1}']
)
def test_a_line_that_tells_none_is_a_fault(line):
    with pytest.raises(Fault, match="cannot be read"):
        from_line(line)
