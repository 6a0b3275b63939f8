"""The form that options become."""

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import from_json, option
from biofm_desktop.gui.widgets.options_form import OptionsForm


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """Made-up options of every kind."""

    epochs: int = option(20, "Epochs", low=1, high=1000)
    learning_rate: float = option(0.001, "Learning rate", low=0, high=1, help="How far one step goes.")
    device: str = option("auto", "Train on", choices=("auto", "cpu"))
    flips: bool = option(True, "Flip images")
    window: float = option(80.0, "Window", unit="HU")
    names: tuple = option(("a", "b"), "Names", advanced=True)
    seed: int = option(0, "Seed", low=0, high=2**63 - 1, advanced=True)
    patience: int = option(0, "Patience", low=0, high=99, help="0: chosen for you")
    decay: float = option(0.0, "Decay", low=0, high=1, help="0: chosen for you")
    hidden: int = 3


@pytest.fixture
def form(qtbot):
    made = OptionsForm(Knobs, "train.options")
    qtbot.addWidget(made)
    made.show()
    return made


def field(form, name, kind=QWidget):
    return form.findChild(kind, f"train.options.{name}")


def test_a_fresh_form_gives_the_defaults(form):
    assert from_json(Knobs, form.values()) == Knobs()
    assert form.changed_values() == {}


def test_each_kind_of_option_has_its_widget_with_name_help_and_accessible_name(form):
    assert isinstance(field(form, "epochs"), QSpinBox)
    assert isinstance(field(form, "device"), QComboBox)
    assert isinstance(field(form, "flips"), QCheckBox)
    rate = field(form, "learning_rate", QLineEdit)
    assert rate.text() == "0.001"
    assert "How far one step goes." in rate.toolTip()
    assert rate.accessibleName() == "Learning rate"
    assert field(form, "hidden") is None


def test_a_learning_rate_may_be_written_scientifically(form, qtbot):
    rate = field(form, "learning_rate", QLineEdit)
    rate.selectAll()
    with qtbot.waitSignal(form.changed):
        qtbot.keyClicks(rate, "3e-4")
    assert form.values()["learning_rate"] == 3e-4
    assert form.changed_values() == {"learning_rate": 3e-4}


def test_a_bad_value_is_shown_at_its_field_and_raised(form, qtbot):
    rate = field(form, "learning_rate", QLineEdit)
    rate.setText("7")
    words = next(f.fault for f in form._fields.values() if f.widget is rate)
    assert words.isVisible()
    assert "above 1" in words.text()
    assert rate.property("wrong") is True
    assert not form.check()
    with pytest.raises(Fault, match="--learning-rate"):
        form.values()
    rate.setText("0.1")
    assert not words.isVisible()
    assert form.check()


def test_a_fault_among_the_folded_options_unfolds_them(form):
    assert not field(form, "seed").isVisible()
    field(form, "seed", QLineEdit).setText("-4")
    assert not form.check()
    assert field(form, "seed").isVisible()


def test_values_can_be_set_and_what_does_not_fit_is_passed_over(form):
    form.set_values({"epochs": 7, "device": "cpu", "names": ["x"], "learning_rate": 99, "unheard": 1, "flips": False})
    values = form.values()
    assert (values["epochs"], values["device"], values["names"], values["flips"]) == (7, "cpu", ("x",), False)
    assert values["learning_rate"] == 0.001
    form.reset()
    assert form.changed_values() == {}


def test_a_zero_that_means_chosen_for_you_says_so(form):
    assert field(form, "patience", QSpinBox).text() == "automatic"
    decay = field(form, "decay", QLineEdit)
    assert (decay.text(), decay.placeholderText()) == ("", "automatic")
    assert form.values()["decay"] == 0
    form.set_values({"decay": 0.5})
    assert form.values()["decay"] == 0.5


def test_a_very_large_seed_survives(form):
    form.set_values({"seed": 2**62})
    assert form.values()["seed"] == 2**62


def test_scrolling_over_a_field_does_not_change_it(form):
    spin = field(form, "epochs", QSpinBox)
    spin.clearFocus()
    where = QPointF(spin.rect().center())
    wheel = QWheelEvent(
        where,
        QPointF(spin.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(spin, wheel)
    assert spin.value() == 20
