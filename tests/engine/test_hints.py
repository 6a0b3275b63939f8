"""Hints from curves: each for what it is meant for, and none for a training that goes well."""

import json

import pytest

from biofm_desktop.cli import main
from biofm_desktop.engine.events import EpochDone, Failed, Finished, Started, StepDone, to_line
from biofm_desktop.engine.hints import Watcher, hints_of

STEPS = 20


def told(train, validation, figure, *, steps=None, held_out=200, notes=None, ended=True, gradient=None):
    """Return the events of a run with these losses and figures, one value an epoch."""
    events = [Started("t", epochs=len(train), facts={"metric": "accuracy", "validation": held_out})]
    number = 0
    for epoch, (loss, held, value) in enumerate(zip(train, validation, figure), 1):
        for n in range(STEPS):
            number += 1
            each = loss if steps is None else steps[number - 1]
            events.append(StepDone(number, epoch, each, 0.1, None if gradient is None else gradient(number, n)))
        best = value == max(figure[:epoch]) and value not in figure[: epoch - 1]
        events.append(EpochDone(epoch, number, loss, held, {"accuracy": value}, best, notes or {}))
    return [*events, Finished("done")] if ended else events


def kinds(events):
    return [hint.kind for hint in hints_of(events)]


FALLING = [1.0, 0.8, 0.65, 0.55, 0.48, 0.43, 0.4, 0.385, 0.38, 0.378]
RISING = [0.5, 0.6, 0.7, 0.76, 0.8, 0.83, 0.85, 0.86, 0.865, 0.868]


def test_a_training_that_goes_well_gives_no_hint():
    assert kinds(told(FALLING, [v * 1.05 for v in FALLING], RISING)) == []


def test_at_every_moment_of_a_good_training_nothing_is_said():
    watcher = Watcher()
    for event in told(FALLING, [v * 1.05 for v in FALLING], RISING):
        watcher.take([event])
        assert watcher.hints() == []


def test_a_validation_loss_that_rises_while_the_other_falls_is_learning_by_heart():
    validation = [1.0, 0.8, 0.7, 0.72, 0.78, 0.85, 0.93, 1.0, 1.1, 1.2]
    figure = [0.5, 0.6, 0.7, 0.7, 0.69, 0.69, 0.68, 0.68, 0.67, 0.67]
    found = hints_of(told([1 / n for n in range(1, 11)], validation, figure))
    assert [hint.kind for hint in found] == ["overfitting"]
    assert "since epoch 3" in found[0].reason
    assert "0.7 to 1.1" in found[0].reason


def test_both_losses_rising_is_not_learning_by_heart():
    rising = [0.5 + 0.1 * n for n in range(10)]
    assert "overfitting" not in kinds(told(rising, rising, RISING))


def test_a_training_loss_that_rises_is_a_learning_rate_too_high():
    steps = [0.7 + 0.01 * n for n in range(10 * STEPS)]
    found = hints_of(told(FALLING, FALLING, RISING, steps=steps, ended=False))
    assert [hint.kind for hint in found] == ["rate"]
    assert "rose from" in found[0].reason


def test_a_loss_that_is_no_number_is_a_learning_rate_too_high():
    events = [
        *told(FALLING[:1], FALLING[:1], RISING[:1], ended=False),
        Failed("training: the loss is no longer a number"),
    ]
    assert kinds(events) == ["rate"]


def test_gradients_that_explode_while_the_loss_rises_are_seen():
    steps = [0.5] * 150 + [0.5 + 0.002 * n for n in range(50)]
    events = told(FALLING, FALLING, RISING, steps=steps, gradient=lambda n, _: 1.0 if n <= 100 else 50.0, ended=False)
    assert kinds(events) == ["rate"]


def test_a_class_that_is_never_predicted_is_named():
    found = hints_of(told(FALLING, FALLING, RISING, notes={"never_predicted": ["monocyte"]}))
    assert found[0].kind == "class"
    assert "monocyte" in found[0].reason


def test_a_figure_that_stands_still_is_said_and_why():
    figure = [0.5, 0.6, 0.66] + [0.65, 0.655, 0.66] * 5
    flat = [0.6] * len(figure)
    found = hints_of(told(flat, flat, figure))
    assert [hint.kind for hint in found] == ["plateau"]
    assert "0.66" in found[0].reason


def test_a_perfect_figure_does_not_stand_still():
    assert kinds(told([0.1] * 20, [0.1] * 20, [1.0] * 20)) == []


def test_a_loss_that_still_falls_at_the_end_wants_more_epochs_but_only_at_the_end():
    falling, rising = [1 - 0.08 * n for n in range(10)], [0.5 + 0.03 * n for n in range(10)]
    found = hints_of(told(falling, falling, rising))
    assert [hint.kind for hint in found] == ["short"]
    assert "epochs more" in found[0].advice
    assert kinds(told(falling, falling, rising, ended=False)) == []


@pytest.mark.parametrize(("count", "said"), [(8, True), (19, True), (20, False), (0, False)])
def test_few_validation_samples_make_figures_unsure(count, said):
    assert ("few" in kinds(told(FALLING, FALLING, RISING, held_out=count))) is said


def test_biofm_hints_tells_them_of_a_run(tmp_path, capsys):
    events = told(FALLING, FALLING, RISING, held_out=8)
    (tmp_path / "events.jsonl").write_text("\n".join(map(to_line, events)) + '\n{"event": "cut')
    assert main(["hints", str(tmp_path)]) == 0
    assert "8 validation samples" in capsys.readouterr().out
    assert main(["hints", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "few"
    assert main(["hints", str(tmp_path / "nowhere")]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
