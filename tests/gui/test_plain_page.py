"""The page of text for samples that have no viewer of their own."""

import numpy as np
import pytest
from PySide6.QtWidgets import QPlainTextEdit, QTableWidget

from biofm_desktop.engine.samples import (
    Chain,
    Edge,
    Feature,
    GraphSample,
    LazyImage,
    MoleculeSample,
    Node,
    Region,
    RegionSample,
    RuleSample,
    Span,
    StructureSample,
    TextSample,
    TrackSample,
)
from biofm_desktop.gui.widgets.plain_page import PlainPage

PLACES = LazyImage.of(np.zeros((5, 3), np.float32))
EVERY_KIND = [
    (TextSample(key="note", text="fever\nand pain", spans=(Span(0, 5, "SYMPTOM"),)), "fever\nand pain"),
    (MoleculeSample(key="a", smiles="OCC", canonical="CCO", atoms=3, bonds=2), "smiles: OCC"),
    (StructureSample(key="a", atoms=5, chains=(Chain("A", "MKV", 3),), coordinates=PLACES), "letters MKV"),
    (TrackSample(key="chr1", reference="chr1", features=(Feature(9, 10, "variant"),), cells=({"ref": "A"},)), "ref A"),
    (GraphSample(key="go", nodes=(Node("GO:1", "growth"),), edges=(Edge("GO:1", "is_a", "GO:2"),)), "name growth"),
    (RuleSample(key="a", when="score > 0.5", then="flag"), "when: score > 0.5"),
    (RegionSample(key="a", picture="a.png", regions=(Region("point", ((1.0, 2.0),), "cell"),)), "label cell"),
]


@pytest.mark.parametrize(("sample", "told"), EVERY_KIND, ids=lambda part: type(part).__name__)
def test_every_kind_is_shown_as_text(qtbot, sample, told):
    page = PlainPage()
    qtbot.addWidget(page)
    page.show_sample(sample)
    assert told in page.text.toPlainText()
    assert page.text.isReadOnly()
    assert page.title.text() == sample.key


def test_marks_in_a_text_are_shown_as_they_are_and_hidden_signs_are_written_out(qtbot):
    page = PlainPage()
    qtbot.addWidget(page)
    page.show_sample(TextSample(key="<b>x</b>\u202e", text="<img src=x> \u202eabc \x07 α µm 🤒"))
    assert page.title.text() == "<b>x</b><U+202E>"
    assert page.text.toPlainText() == "text: <img src=x> <U+202E>abc <U+0007> α µm 🤒"


def test_a_long_text_is_cut_and_says_so(qtbot):
    page = PlainPage()
    qtbot.addWidget(page)
    page.show_sample(TextSample(key="long", text="A" * 2_000_000))
    assert len(page.text.toPlainText()) < 30_000
    assert "2,000,000 letters" in page.text.toPlainText()


def test_the_window_shows_a_text_then_a_picture_then_nothing(qtbot, window, tmp_path, images_folder):
    note = tmp_path / "note.txt"
    note.write_text("The patient has a fever.\n")
    for path, page in ((note, "plain"), (images_folder, "viewer"), (note, "plain")):
        window.open_paths([path])
        qtbot.waitUntil(lambda page=page: window.centre.currentWidget() is getattr(window.centre, page), timeout=30000)
    shown = window.findChild(QPlainTextEdit, "centre.plain")
    assert "The patient has a fever." in shown.toPlainText()
    window.centre.fit()
    window.centre.clear()
    assert window.centre.currentWidget() is window.centre.welcome
    assert shown.toPlainText() == ""


def test_a_cell_is_corrected_in_the_window_and_taken_back(qtbot, window, tmp_path):
    table = tmp_path / "genes.csv"
    table.write_text("id,age,stain\np1,34,HE\np2,,PAS\n")
    window.open_paths([table])
    qtbot.waitUntil(lambda: window.project is not None and window.bench.key == "p1", timeout=30000)
    cells = window.findChild(QTableWidget, "centre.cells")
    assert [cells.item(row, 0).text() for row in range(3)] == ["id", "age", "stain"]
    cells.item(1, 1).setText("43")
    assert window.project.sample("p1").cells["age"] == 43
    assert cells.item(1, 1).text() == "43"
    cells.item(1, 1).setText("old")
    assert "is not a number" in window.desk.dialog.message.text()
    window.desk.dialog.accept()
    assert cells.item(1, 1).text() == "43"
    window.commands["action.undo"].trigger()
    assert cells.item(1, 1).text() == "34"
