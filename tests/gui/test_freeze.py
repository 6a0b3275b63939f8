"""The freeze dialog: ticks in, patterns out."""

from dataclasses import asdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLabel, QLineEdit, QPushButton, QSpinBox, QTreeView

from biofm_desktop.engine.models.base import Layer
from biofm_desktop.engine.models.patterns import frozen_names
from biofm_desktop.gui.dialogs.freeze import FreezeDialog


def small():
    """A stem, three blocks of two layers and a head."""
    rows = [Layer("stem", "stem", "Conv2d", (8, 28, 28), 80, 1000)]
    rows += [Layer(f"body.{b}.{i}", "body", "Conv2d", (8, 14, 14), 100, 500) for b in range(3) for i in range(2)]
    return [asdict(row) for row in [*rows, Layer("head", "head", "Linear", (3,), 20, 12)]]


def large():
    rows = [
        Layer(f"s{i // 100}.{i % 100 // 10}.{i % 10}", f"s{i // 100}", "Conv2d", (8, 8), 10, 10) for i in range(500)
    ]
    return [asdict(row) for row in [*rows, Layer("head", "head", "Linear", (3,), 20, 12)]]


@pytest.fixture
def make(qtbot):
    def made(layers=None, frozen=(), batch_size=4):
        dialog = FreezeDialog(layers or small(), "head", frozen, batch_size)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return made


def view(dialog):
    return dialog.findChild(QTreeView, "freeze.tree")


def index(dialog, *labels):
    model, at = view(dialog).model(), view(dialog).rootIndex()
    for label in labels:
        at = next(model.index(r, 0, at) for r in range(model.rowCount(at)) if model.index(r, 0, at).data() == label)
    return at


def state(dialog, *labels):
    return Qt.CheckState(index(dialog, *labels).data(Qt.ItemDataRole.CheckStateRole))


def tick(dialog, *labels, on=True):
    wish = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
    view(dialog).model().setData(index(dialog, *labels), wish, Qt.ItemDataRole.CheckStateRole)


def choose(dialog, preset):
    combo = dialog.findChild(QComboBox, "freeze.preset")
    combo.setCurrentIndex(combo.findData(preset))
    combo.activated.emit(combo.currentIndex())


def test_at_first_everything_is_trained(make):
    dialog = make()
    assert dialog.frozen() == ()
    assert "700 of 700 weights (100 %)" in dialog.findChild(QLabel, "freeze.summary").text()
    assert dialog.findChild(QComboBox, "freeze.preset").currentData() == "everything"


def test_unticking_a_stage_freezes_all_in_it_and_gives_one_pattern(make):
    dialog = make()
    tick(dialog, "body", on=False)
    assert state(dialog, "body", "1", "0") == Qt.CheckState.Unchecked
    assert dialog.frozen() == ("body",)
    assert "2 of 8 layers" in dialog.summary()
    assert "100 of 700 weights (14 %)" in dialog.summary()


def test_a_stage_with_one_frozen_layer_is_half_ticked_and_the_layer_is_named(make):
    dialog = make()
    tick(dialog, "body", "1", "0", on=False)
    assert state(dialog, "body") == state(dialog, "body", "1") == Qt.CheckState.PartiallyChecked
    assert dialog.frozen() == ("body.1.0",)
    assert dialog.findChild(QComboBox, "freeze.preset").currentData() == "custom"


def test_patterns_given_are_ticked_and_come_back(make):
    dialog = make(frozen=("stem", "body.0", "body.2.1"))
    assert state(dialog, "stem") == Qt.CheckState.Unchecked
    assert dialog.frozen() == ("stem", "body.0", "body.2.1")


def test_presets_tick_for_the_user(make):
    dialog = make()
    choose(dialog, "head")
    assert dialog.frozen() == ("stem", "body")
    choose(dialog, "last")
    assert dialog.frozen() == ("stem", "body.0", "body.1")
    dialog.findChild(QSpinBox, "freeze.blocks").setValue(2)
    assert dialog.frozen() == ("stem", "body.0")
    choose(dialog, "everything")
    assert dialog.frozen() == ()


def test_freezing_everything_cannot_be_accepted(make):
    dialog = make()
    choose(dialog, "head")
    tick(dialog, "head", on=False)
    accept = dialog.findChild(QPushButton, "freeze.accept")
    assert not accept.isEnabled()
    assert "tick at least one" in dialog.summary()
    tick(dialog, "head")
    assert accept.isEnabled()


def test_memory_falls_when_early_layers_are_frozen(make):
    dialog = make(batch_size=1000)
    before = dialog.summary()
    choose(dialog, "head")
    assert before != dialog.summary()
    assert dialog._tree.memory().total < 4 * 700 + 16 * 700 + 1000 * 4012


def test_the_space_key_ticks_all_marked_rows(make, qtbot):
    dialog = make()
    tree = view(dialog)
    tree.setFocus()
    tree.setCurrentIndex(index(dialog, "stem"))
    qtbot.keyClick(tree, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert dialog.frozen() == ("stem", "body")
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert dialog.frozen() == ()


def test_the_filter_shows_layers_by_name(make, qtbot):
    dialog = make()
    qtbot.keyClicks(dialog.findChild(QLineEdit, "freeze.filter"), "body.1")

    def shown(*labels):
        at = index(dialog, *labels)
        return not view(dialog).isRowHidden(at.row(), at.parent())

    assert [shown(*path) for path in (("body",), ("body", "1"), ("body", "1", "0"))] == [True] * 3
    assert [shown(*path) for path in (("stem",), ("body", "0"), ("head",))] == [False] * 3
    dialog.findChild(QLineEdit, "freeze.filter").clear()
    assert [shown(*path) for path in (("stem",), ("body", "0"), ("head",))] == [True] * 3


def test_a_layer_with_layers_inside_is_one_thing_to_tick(make):
    rows = [
        asdict(Layer("attention", "attention", "MultiheadAttention", (8,), 30, 10)),
        asdict(Layer("attention.out", "attention", "Linear", (8,), 10, 10)),
        asdict(Layer("head", "head", "Linear", (3,), 20, 12)),
    ]
    dialog = make(rows)
    tick(dialog, "attention", on=False)
    assert dialog.frozen() == ("attention",)
    assert "20 of 60 weights" in dialog.summary()


def test_what_comes_out_freezes_exactly_the_unticked_layers(make):
    dialog = make()
    for path in (("stem",), ("body", "0"), ("body", "1", "1")):
        tick(dialog, *path, on=False)
    names = [row["name"] for row in small()]
    assert set(frozen_names(names, dialog.frozen(), ())) == {"stem", "body.0.0", "body.0.1", "body.1.1"}


def test_every_tick_among_500_layers_changes_the_summary(make):
    dialog = make(large())
    view(dialog).expandAll()
    before = dialog.summary()
    tick(dialog, "s2", on=False)
    without = dialog.summary()
    tick(dialog, "s2", on=True)
    assert without != before == dialog.summary()


def test_ok_and_cancel_are_named_for_checks(make):
    dialog = make()
    assert dialog.findChild(QPushButton, "freeze.cancel") is not None
    assert dialog.findChild(QDialogButtonBox) is not None
