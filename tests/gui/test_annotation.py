"""The annotation panel: it offers what fits the data, and tells what the user chose."""

import pytest
from PySide6.QtCore import Qt

from biofm_desktop.engine.samples import Dataset
from biofm_desktop.gui.docks.annotation import AnnotationPanel

from .conftest import letters, picture


@pytest.fixture
def panel(qtbot):
    made = AnnotationPanel()
    qtbot.addWidget(made)
    made.show()
    return made


def test_images_with_masks_are_painted_and_those_with_classes_sorted(panel):
    panel.show_dataset(Dataset("a", (picture("a", mask=True),)), ["background", "cell"])
    assert panel.mode == "paint"
    assert panel.classes.value() == 1
    panel.show_dataset(Dataset("b", (picture("a", target="x"),)), ["x"])
    assert panel.mode == "class"
    panel.show_dataset(Dataset("c", (picture("a"),)), ["background", "foreground"])
    assert panel.mode == "paint"


def test_sequences_are_never_painted(panel):
    panel.show_dataset(Dataset("a", (letters("a", target="x"),)), ["x"])
    assert panel.mode == "class"
    assert not panel.paint_mode.isVisible()


def test_numbers_have_a_field_and_no_classes(panel, qtbot):
    panel.show_dataset(Dataset("a", (letters("a", target=1.5),)), [])
    panel.show_sample(letters("a", target=1.5))
    assert panel.value.text() == "1.5"
    assert not panel.classes.isVisible()
    panel.value.setText("-2e3")
    with qtbot.waitSignal(panel.target_chosen) as told:
        qtbot.keyClick(panel.value, Qt.Key.Key_Return)
    assert told.args == [-2000.0]


def test_objects_have_numbers_of_their_own_instead_of_classes(panel):
    panel.show_dataset(Dataset("a", (picture("a", mask=True),), instances=True), ["background", "foreground"])
    assert panel.new_object.isVisible()
    assert not panel.classes.isVisible()


@pytest.mark.parametrize(("key", "value"), [(0, 0), (1, 1), (2, 2)])
def test_a_number_key_chooses_what_is_painted(panel, qtbot, key, value):
    panel.show_dataset(Dataset("a", (picture("a", mask=True),)), ["background", "cell", "debris"])
    with qtbot.waitSignal(panel.paint_value_chosen) as told:
        panel.classes.press(key)
    assert told.args == [value]


def test_a_key_beyond_the_classes_chooses_nothing(panel, qtbot):
    panel.show_dataset(Dataset("a", (letters("a", target="x"),)), ["x"])
    with qtbot.assertNotEmitted(panel.target_chosen):
        panel.classes.press(2)
        panel.classes.press(0)


def test_the_label_of_the_sample_is_marked(panel):
    panel.show_dataset(Dataset("a", (letters("a", target="x"), letters("b"))), ["w", "x"])
    panel.show_sample(letters("a", target="x"))
    assert panel.classes.value() == 1
    panel.show_sample(letters("b"))
    assert panel.classes.value() == -1


def test_a_renamed_class_is_told_and_shown_only_once_it_is_kept(panel, qtbot):
    panel.show_dataset(Dataset("a", (letters("a", target="x"),)), ["x", "y"])
    with qtbot.waitSignal(panel.class_renamed) as told:
        panel.classes.item(0).setText("better")
    assert told.args == ["x", "better"]
    assert panel.classes.names() == ["x", "y"]


def test_the_split_of_a_sample_is_shown_and_told(panel, qtbot):
    panel.show_dataset(Dataset("a", (letters("a", target="x"),)), ["x"])
    with qtbot.waitSignal(panel.split_chosen) as told:
        panel.split.setCurrentIndex(2)
        panel.split.activated.emit(2)
    assert told.args == ["val"]
