"""The freeze dialog: ticks in, patterns out."""

from dataclasses import asdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLabel, QLineEdit, QPushButton, QSpinBox, QTreeView, QWidget

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
    before, need = dialog.summary(), dialog._tree.memory().total
    choose(dialog, "head")
    assert before != dialog.summary()
    assert dialog._tree.memory().total < need


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


def with_tensors():
    rows = [Layer("stem", "stem", "Conv2d", (8, 28, 28), 80, 1000, {"weight": 72, "bias": 8})]
    rows += [Layer("norm", "norm", "BatchNorm2d", (8, 28, 28), 16, 1000, {"weight": 8, "bias": 8})]
    rows += [Layer("body", "body", "Conv2d", (8, 14, 14), 100, 500, {"weight": 100})]
    return [asdict(row) for row in [*rows, Layer("head", "head", "Linear", (3,), 20, 12, {"weight": 17, "bias": 3})]]


def test_norms_and_biases_and_bitfit_leave_single_tensors(make):
    dialog = make(with_tensors())
    choose(dialog, "norms")
    assert dialog.frozen() == ("stem.weight", "body")
    assert state(dialog, "stem") == Qt.CheckState.PartiallyChecked
    assert "44 of 216 weights" in dialog.summary()
    choose(dialog, "bitfit")
    assert dialog.frozen() == ("stem.weight", "norm.weight", "body")
    assert dialog.findChild(QComboBox, "freeze.preset").currentData() == "bitfit"
    again = make(with_tensors(), frozen=dialog.frozen())
    assert again.findChild(QComboBox, "freeze.preset").currentData() == "bitfit"
    tick(again, "stem")
    assert again.frozen() == ("norm.weight", "body")


def use_pattern(dialog, pattern, button):
    dialog.findChild(QLineEdit, "freeze.pattern").setText(pattern)
    dialog.findChild(QPushButton, f"freeze.{button}").click()


def test_a_pattern_ticks_and_unticks_and_says_what_it_means(make):
    dialog = make()
    use_pattern(dialog, "body.*.1", "untick")
    assert dialog.findChild(QLabel, "freeze.pattern_count").text() == "3 layers"
    assert dialog.frozen() == ("body.0.1", "body.1.1", "body.2.1")
    use_pattern(dialog, "body.1", "tick")
    assert dialog.frozen() == ("body.0.1", "body.2.1")
    dialog.findChild(QLineEdit, "freeze.pattern").setText("nothing")
    assert dialog.findChild(QLabel, "freeze.pattern_count").text() == "0 layers"
    assert not dialog.findChild(QPushButton, "freeze.tick").isEnabled()
    biased = make(with_tensors())
    use_pattern(biased, "*.bias", "untick")
    assert biased.frozen() == ("stem.bias", "norm.bias", "head.bias")
    use_pattern(biased, "*.weight", "untick")
    assert biased.frozen() == ("stem", "norm", "body", "head")
    use_pattern(biased, "*", "tick")
    assert biased.frozen() == ()


def set_cell(dialog, column, value, *labels):
    model, at = view(dialog).model(), index(dialog, *labels)
    assert model.setData(at.siblingAtColumn(column), value, Qt.ItemDataRole.EditRole)


def test_rates_and_opening_epochs_are_typed_into_the_tree_and_come_out_as_options(make):
    dialog = make()
    set_cell(dialog, 6, "0.1", "body", "0")
    set_cell(dialog, 7, "3", "stem")
    options = dialog.options()
    assert (options["rates"], options["unfreeze"]) == (("body.0=0.1",), ("stem@3",))
    assert index(dialog, "body", "0").siblingAtColumn(6).data() == "× 0.1"
    assert index(dialog, "body").siblingAtColumn(6).data() == "…"
    assert index(dialog, "stem").siblingAtColumn(7).data() == "3"
    assert "1 of the layers open later" in dialog.summary()
    set_cell(dialog, 7, "", "stem")
    assert dialog.options()["unfreeze"] == ()


def test_a_plan_that_cannot_be_read_is_said_and_not_accepted(make):
    dialog = make()
    set_cell(dialog, 7, "soon", "stem")
    assert "no pattern@epoch" in dialog.findChild(QLabel, "freeze.plan_fault").text()
    assert not dialog.findChild(QPushButton, "freeze.accept").isEnabled()
    set_cell(dialog, 7, "2", "stem")
    assert dialog.findChild(QPushButton, "freeze.accept").isEnabled()


def test_gradually_opens_a_block_in_so_many_epochs(make):
    dialog = make()
    choose(dialog, "gradual")
    dialog.findChild(QSpinBox, "freeze.blocks").setValue(2)
    assert dialog.options()["unfreeze"] == ("body.2@3", "body.1@5", "body.0@7", "stem@9")
    assert dialog.frozen() == ()
    assert "stem from epoch 9" in dialog.findChild(QWidget, "freeze.timeline").accessibleDescription()
    choose(dialog, "everything")
    assert dialog.options()["unfreeze"] == ()


def test_it_asks_how_long_an_epoch_takes_a_moment_after_the_last_tick(make, qtbot):
    dialog = make()
    asked = []
    dialog.estimate_wanted.connect(lambda: asked.append(dialog.frozen()))
    tick(dialog, "stem", on=False)
    tick(dialog, "body", on=False)
    qtbot.waitUntil(lambda: bool(asked), timeout=5000)
    assert asked == [("stem", "body")]
    dialog.show_estimate("It does not fit", "error")
    assert dialog.findChild(QLabel, "freeze.estimate").text() == "It does not fit"


def test_for_a_training_under_way_only_the_ticks_are_offered(qtbot):
    dialog = FreezeDialog(small(), "head", ("stem",), 4, running=True)
    qtbot.addWidget(dialog)
    dialog.show()
    assert "running" in dialog.findChild(QPushButton, "freeze.accept").text()
    assert not dialog.findChild(QWidget, "freeze.timeline").isVisible()
    assert view(dialog).isColumnHidden(7)
