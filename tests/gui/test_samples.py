"""The list of samples: what it shows, what it hides, and pictures only for what is seen."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from biofm_desktop.engine.samples import Dataset, ImageSample, LazyImage, Problem, Region, SequenceSample
from biofm_desktop.gui.docks.sample_model import DOUBTFUL, label_text
from biofm_desktop.gui.docks.samples import SamplesPanel
from biofm_desktop.gui.workers.thumbnails import draw

from .conftest import letters, picture


@pytest.fixture
def panel(qtbot):
    made = SamplesPanel()
    qtbot.addWidget(made)
    made.resize(240, 300)
    yield made
    made.close_panel()


def many(count):
    return Dataset(
        "many", tuple(SequenceSample(key=f"s{n}", letters="ACGT", target="x" if n % 2 else None) for n in range(count))
    )


def test_it_says_how_many_there_are_and_how_many_are_labelled(panel):
    panel.show_dataset(many(5), set())
    assert panel.counts.text() == "5 samples · 2 labelled"
    panel.show_dataset(many(1), set())
    assert panel.counts.text() == "1 sample · 0 labelled"


def test_the_filter_hides_others_and_walking_keeps_to_what_is_seen(panel):
    panel.show_dataset(many(20), set())
    panel.filter_text.setText("s1")
    assert panel.model.rowCount() == 11
    assert panel.next_key("s1", 1) == "s10"
    panel.filter_kind.setCurrentText("Not labelled")
    assert panel.model.rowCount() == 5
    panel.filter_text.clear()
    assert panel.next_key("s0", 1) == "s2"
    assert panel.next_key("s18", 1) == ""


def test_choosing_a_row_tells_its_key_and_showing_one_does_not(panel, qtbot):
    panel.show_dataset(many(5), set())
    with qtbot.waitSignal(panel.chosen) as told:
        panel.list.setCurrentIndex(panel.model.index(3))
    assert told.args == ["s3"]
    with qtbot.assertNotEmitted(panel.chosen):
        panel.show_current("s1")
    assert panel.current_key() == "s1"


def test_pictures_are_made_only_for_rows_that_are_seen(panel, qtbot):
    panel.show_dataset(many(5000), set())
    panel.show()
    qtbot.waitUntil(lambda: any(picture is not None for picture in panel.model._pictures.values()))
    assert len(panel.model._pictures) < 40


def test_a_correction_keeps_the_chosen_row(panel):
    data = many(5)
    panel.show_dataset(data, set())
    panel.show_current("s2")
    panel.update_dataset(data, {"s2"}, "s2")
    assert panel.current_key() == "s2"
    panel.update_dataset(data, {"s2"}, "")
    assert panel.current_key() == "s2"


def test_names_from_files_are_never_read_as_rich_text(panel):
    panel.show_dataset(Dataset("odd", (SequenceSample(key="<img src=x>", letters="A"),)), set())
    tip = panel.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tip
    assert "&lt;img" in tip


@pytest.mark.parametrize(
    ("axes", "shape", "dtype"),
    [
        ("YX", (30, 50), np.uint8),
        ("YXC", (30, 50, 3), np.uint8),
        ("CYX", (2, 30, 50), np.uint16),
        ("ZYX", (5, 30, 50), np.int16),
        ("YX", (1, 1), np.float32),
        ("YX", (2, 3000), bool),
    ],
)
def test_every_kind_of_image_has_a_picture(axes, shape, dtype):
    pixels = LazyImage.of(np.ones(shape, dtype))
    assert not draw(ImageSample(key="a", pixels=pixels, axes=axes)).isNull()


@pytest.mark.parametrize("word", ["", "A", "ACGTN" * 200])
def test_every_sequence_has_a_picture(word):
    assert not draw(SequenceSample(key="a", letters=word)).isNull()


def test_an_image_that_cannot_be_read_has_no_picture_and_breaks_nothing(panel, qtbot):
    def broken():
        raise OSError("gone")

    sample = ImageSample(key="bad", pixels=LazyImage((9, 9), np.uint8, broken))
    with qtbot.waitSignal(panel.thumbnails.made) as told:
        panel.thumbnails.ask(sample)
    assert told.args[0] == "bad"
    assert told.args[1] == QImage()


def test_labels_are_told_in_words():
    assert label_text(picture("a", mask=True)) == "mask"
    assert label_text(picture("a", target="cell")) == "cell"
    assert label_text(letters("a", target=1.25)) == "1.25"
    assert label_text(letters("a")) == "not labelled"


def test_what_was_doubtful_about_a_sample_is_in_its_row(panel):
    sound, odd = letters("sound"), letters("odd")
    panel.show_dataset(Dataset("d", (sound, odd), problems=(Problem("odd", "<b>3</b> letters are N"),)), set())
    tips = [panel.model.index(row).data(Qt.ItemDataRole.ToolTipRole) for row in range(2)]
    assert "letters" not in tips[0]
    assert "&lt;b&gt;3&lt;/b&gt; letters are N" in tips[1]
    assert [panel.model.index(row).data(DOUBTFUL) for row in range(2)] == [False, True]


def test_shapes_are_counted_as_labels():
    marked = replace(picture("a"), regions=(Region("point", ((1.0, 1.0),)),) * 2)
    assert label_text(marked) == "2 shapes"
    assert label_text(replace(marked, mask=picture("b", mask=True).mask)) == "mask, 2 shapes"
