"""Searching in the sequence panel."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from biofm_desktop.engine.samples import SequenceSample
from biofm_desktop.gui.widgets.sequence_view import SequencePanel


def dna(letters="ACGTTTTTAAGAATTCGGGGCCCC" * 20, key="plasmid"):
    return SequenceSample(key=key, letters=letters)


@pytest.fixture
def panel(qtbot):
    panel = SequencePanel()
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def search(qtbot, panel, text):
    panel.search_bar.set_text(text)
    qtbot.waitUntil(lambda: panel.search_bar.count.text() not in ("", "searching…"))
    return panel.view.hits


def test_search_finds_both_strands_and_goes_round(panel, qtbot):
    panel.show_sample(dna("AAAAAAAAAACCGTAAAAAAAAAAAAAAAAAACGGAAAAAAAA"))
    hits = search(qtbot, panel, "CCG")
    assert [(int(start), int(strand)) for start, strand in zip(hits.starts, hits.strands)] == [(10, 1), (32, -1)]
    assert panel.selection() == (10, 13)
    QTest.keyClick(panel.search_bar.box, Qt.Key.Key_Return)
    assert panel.selection() == (32, 35)
    assert panel.search_bar.count.text() == "2 of 2 (−)"
    panel.step(1)
    assert panel.selection() == (10, 13)
    panel.step(-1)
    assert panel.selection() == (32, 35)
    panel.search_bar.both.setChecked(False)
    qtbot.waitUntil(lambda: len(panel.view.hits) == 1)


def test_search_says_what_is_wrong_with_a_pattern(panel, qtbot):
    panel.show_sample(dna())
    assert len(search(qtbot, panel, "AC<b>")) == 0
    assert "“<”" in panel.search_bar.count.text()
    assert "no hits" not in panel.search_bar.count.text()
    search(qtbot, panel, "CATCATCAT")
    assert panel.search_bar.count.text() == "no hits"


def test_search_is_repeated_on_the_next_sequence(panel, qtbot):
    panel.show_sample(dna("AAAAGATC"))
    search(qtbot, panel, "GATC")
    panel.show_sample(dna("GATCAAAAGATC", key="other"))
    qtbot.waitUntil(lambda: len(panel.view.hits) == 2)


def test_search_of_the_sequence_before_never_marks_the_next_one(panel, qtbot):
    panel.show_sample(dna("ACGT" * 1_000_000))
    panel.search_bar.set_text("ACGT")
    panel.show_sample(dna("TTTTTTTTACGT", key="next"))
    qtbot.waitUntil(lambda: len(panel.view.hits) > 0)
    assert panel.view.hits.starts.tolist() == [8]
