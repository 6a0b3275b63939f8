"""The sequence panel under the user's hand."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QHelpEvent, QPalette, QTextDocument, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QToolTip, QWidget

from biofm_desktop.engine.samples import Feature, SequenceSample
from biofm_desktop.gui.widgets.sequence_view import SequencePanel, SequenceView
from biofm_desktop.gui.widgets.sequence_view.feature_dialog import FeatureDialog

LETTERS = "ACGTTTTTAAGAATTCGGGGCCCCATATATNNACGTACGTTTGACA" * 20


def dna(letters=LETTERS, **more):
    return SequenceSample(key=more.pop("key", "plasmid"), letters=letters, **more)


@pytest.fixture
def panel(qtbot):
    panel = SequencePanel()
    qtbot.addWidget(panel)
    panel.resize(900, 500)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def point(view, position, track="letters"):
    rect = getattr(view.places(), track)
    return QPoint(round(view.scale.x(position)), round(rect.top() + min(12, rect.height() / 2)))


def drag(view, start, end, modifier=Qt.KeyboardModifier.NoModifier):
    surface = view.viewport()
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, modifier, point(view, start))
    QTest.mouseMove(surface, point(view, end))
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, modifier, point(view, end))


def test_drawing_widget_is_found_by_its_fixed_name(panel):
    assert panel.findChild(SequenceView, "sequence.view") is panel.view


def test_every_tool_has_a_name_of_its_own_and_says_what_it_does(panel):
    tools = [
        tool
        for kind in (QAbstractButton, QLineEdit)
        for tool in panel.findChildren(kind)
        if tool.objectName().startswith("sequence.")
    ]
    assert len(tools) >= 9
    assert len({tool.objectName() for tool in tools}) == len(tools)
    assert all(tool.accessibleName() and tool.toolTip() for tool in tools)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in panel.findChildren(QLabel))


def test_dragging_over_letters_selects_them(panel, qtbot):
    panel.show_sample(dna())
    panel.zoom_to(10, 40)
    with qtbot.waitSignal(panel.selection_changed):
        drag(panel.view, 12, 20)
    assert panel.selection() == (12, 20)
    drag(panel.view, 30, 16)
    assert panel.selection() == (16, 30)
    assert panel.findChild(QLabel, "sequence.selection").text().startswith("17–30  ·  14 bp  ·  GC ")
    assert panel.findChild(QLabel, "sequence.visible").text().startswith("showing ")


def test_a_click_drops_the_selection_and_shift_click_widens_it(panel):
    panel.show_sample(dna())
    panel.zoom_to(0, 30)
    panel.select(3, 9)
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=point(panel.view, 15))
    assert panel.selection() == (15, 15)
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, shift, point(panel.view, 21))
    assert panel.selection() == (15, 21)


def test_keys_move_select_and_copy(panel):
    panel.show_sample(dna())
    panel.zoom_to(0, 30)
    view, shift = panel.view, Qt.KeyboardModifier.ShiftModifier
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert panel.selection() == (3, 3)
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_Right, shift)
    assert panel.selection() == (3, 7)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == LETTERS[3:7]
    QTest.keyClick(view, Qt.Key.Key_End)
    assert panel.selection() == (len(LETTERS), len(LETTERS))
    assert panel.visible_range()[1] == len(LETTERS)
    QTest.keyClick(view, Qt.Key.Key_Home, shift)
    assert panel.selection() == (0, len(LETTERS))
    assert panel.visible_range()[0] == 0
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert panel.selection() == (0, 0)
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert panel.visible_range()[0] > 0


def test_copying_nothing_leaves_the_clipboard_alone(panel):
    QGuiApplication.clipboard().setText("kept")
    panel.show_sample(dna())
    panel.view.copy()
    assert QGuiApplication.clipboard().text() == "kept"


def test_plus_and_minus_zoom_round_the_selection(panel):
    panel.show_sample(dna())
    panel.select(400, 410)
    before = panel.view.scale.letter
    for _ in range(4):
        QTest.keyClick(panel.view, Qt.Key.Key_Plus)
    assert panel.view.scale.letter == pytest.approx(before * 1.5**4)
    start, end = panel.visible_range()
    assert start < 400 < 410 < end
    for _ in range(9):
        QTest.keyClick(panel.view, Qt.Key.Key_Minus)
    assert panel.visible_range() == (0, len(LETTERS))


def wheel(view, position, turn, modifiers=Qt.KeyboardModifier.NoModifier, track="letters"):
    spot = QPointF(point(view, position, track))
    event = QWheelEvent(
        spot,
        view.viewport().mapToGlobal(spot),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def test_wheel_scrolls_and_with_ctrl_zooms_round_the_cursor(panel):
    panel.show_sample(dna())
    panel.zoom_to(300, 500)
    view = panel.view
    x = point(view, 350).x()
    under = view.scale.position(x)
    wheel(view, under, 240, Qt.KeyboardModifier.ControlModifier)
    assert view.scale.position(x) == pytest.approx(under, abs=0.5)
    first, letter = view.scale.first, view.scale.letter
    wheel(view, under, -120)
    assert view.scale.letter == letter
    assert view.scale.first == pytest.approx(first + 120 / letter)
    assert view.horizontalScrollBar().value() > 0


def test_scroll_bar_moves_the_window(panel):
    panel.show_sample(dna("ACGT" * 2_500_000))
    panel.zoom_to(0, 40)
    bar = panel.view.horizontalScrollBar()
    bar.setValue(bar.maximum())
    assert panel.visible_range()[1] == 10_000_000


def test_letters_are_painted_where_they_should_be(panel):
    panel.show_sample(dna("A" * 20 + "C" * 20))
    panel.zoom_to(10, 30)
    view = panel.view
    image = view.viewport().grab().toImage()
    colours = view.colours()
    ratio = image.devicePixelRatio()

    def colour(position):
        spot = point(view, position)
        # The corner of a cell is free of ink.
        return QColor(image.pixel(int((spot.x() + 2) * ratio), int((view.places().letters.top() + 2) * ratio))).name()

    assert colour(18) == colours.cell("dna", "A").name()
    assert colour(21) == colours.cell("dna", "C").name()


@pytest.mark.parametrize("letters", ["", "A", "AC"])
@pytest.mark.parametrize("alphabet", ["dna", "rna", "protein"])
def test_shortest_sequences_can_be_shown_and_handled(panel, qtbot, letters, alphabet):
    panel.show_sample(dna(letters, alphabet=alphabet, features=(Feature(0, 1, "site"),)))
    panel.set_scores(np.zeros(len(letters)), "zero")
    assert panel.visible_range() == (0, len(letters))
    drag(panel.view, -3, 5)
    assert panel.selection() == (0, len(letters))
    for key in (Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_PageDown, Qt.Key.Key_Home):
        QTest.keyClick(panel.view, key)
    panel.view.zoom_fit()
    panel.search_bar.set_text("A")
    qtbot.waitUntil(lambda: len(panel.view.hits) == letters.count("A"))
    assert not panel.grab().isNull()


def test_clear_shows_nothing(panel):
    panel.show_sample(dna(features=(Feature(0, 9, "gene"),)))
    panel.select(2, 5)
    panel.clear()
    assert panel.selection() == (0, 0)
    assert panel.view.content is None
    assert panel.findChild(QLabel, "sequence.selection").text() == ""
    drag(panel.view, 0, 3)
    assert not panel.grab().isNull()


def test_a_click_on_a_feature_selects_it_and_its_tooltip_is_plain(panel, qtbot):
    hostile = Feature(100, 300, "CDS", "<b>x</b> & <img src=y>", -1, 0.5, ((100, 150), (250, 300)))
    panel.show_sample(dna(features=(hostile,)))
    view = panel.view
    spot = point(view, 120, "features")
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert panel.selection() == (100, 300)
    glob = view.viewport().mapToGlobal(spot)
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, spot, glob))
    page = QTextDocument()
    page.setHtml(QToolTip.text())
    shown = page.toPlainText()
    assert "<b>x</b> & <img src=y>" in shown
    assert "101–300 (100 bp)" in shown
    assert "reverse strand" in shown
    assert "joined from 2 parts" in shown
    QToolTip.hideText()


def test_tooltip_of_a_letter_names_position_letter_and_score(panel):
    panel.show_sample(dna("ACGTACGT"))
    scores = np.arange(8.0)
    scores[3] = np.nan
    panel.set_scores(scores, "score")
    assert panel.view.tip(QPointF(point(panel.view, 2.5))) == "3: G\nscore 2"
    assert panel.view.tip(QPointF(point(panel.view, 3.5))) == "4: T"


def test_a_feature_is_added_from_the_selection(panel, qtbot):
    panel.show_sample(dna())
    panel.select(10, 25)
    panel.ask_for_feature()
    dialog = panel.findChild(FeatureDialog)
    dialog.findChild(QLineEdit, "sequence.feature_name").setText("my site")
    with qtbot.waitSignal(panel.feature_added) as told:
        dialog.findChild(QAbstractButton, "sequence.feature_accept").click()
    (feature,) = told.args
    assert (feature.start, feature.end, feature.kind, feature.name) == (10, 25, "misc_feature", "my site")
    assert panel.view.content.sample.features == (feature,)
    assert panel.selection() == (10, 25)


def test_no_feature_is_asked_for_without_a_selection(panel):
    panel.show_sample(dna())
    panel.ask_for_feature()
    assert panel.findChild(FeatureDialog) is None


def test_the_same_sequence_with_other_features_keeps_zoom_and_scores(panel):
    sample = dna()
    panel.show_sample(sample)
    panel.set_scores(np.ones(len(LETTERS)), "one")
    panel.zoom_to(100, 200)
    seen = panel.visible_range()
    panel.show_sample(replace(sample, features=(Feature(1, 5, "gene"),)))
    assert panel.visible_range() == seen
    assert panel.view.scores is not None
    panel.show_sample(dna(key="another"))
    assert panel.visible_range() == (0, len(LETTERS))
    assert panel.view.scores is None


def test_hidden_feature_rows_are_reached_by_the_wheel(panel):
    many = tuple(Feature(0, 50 + number, "gene", str(number)) for number in range(60))
    panel.show_sample(dna(features=many))
    view = panel.view
    assert view.verticalScrollBar().maximum() > 0
    wheel(view, 20, -120, track="features")
    assert view.verticalScrollBar().value() == 120
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    rect = view.places().features
    assert view.feature_at(QPointF(view.scale.x(5), rect.bottom() - 10)).name == "0"


def test_go_to_takes_positions_and_ranges(panel):
    panel.show_sample(dna())
    box = panel.findChild(QLineEdit, "sequence.go_to")
    for text, wanted in (("17", (16, 17)), ("1-20", (0, 20)), ("500..510", (499, 510)), ("100-99999", (99, 920))):
        box.setText(text)
        QTest.keyClick(box, Qt.Key.Key_Return)
        assert panel.selection() == wanted
    for wrong in ("", "0", "-5", "abc", "20-10", "999999"):
        box.setText(wrong)
        QTest.keyClick(box, Qt.Key.Key_Return)
        assert panel.selection() == (99, 920)


def test_a_click_in_the_overview_moves_the_window(panel):
    panel.show_sample(dna())
    panel.zoom_to(0, 50)
    strip = panel.view.places().overview
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(880, int(strip.center().y())))
    assert panel.visible_range()[1] == len(LETTERS)


def test_dragging_over_the_edge_scrolls(panel, qtbot):
    panel.show_sample(dna())
    panel.zoom_to(0, 40)
    view = panel.view
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=point(view, 10))
    QTest.mouseMove(view.viewport(), QPoint(view.viewport().width() + 60, point(view, 10).y()))
    qtbot.waitUntil(lambda: panel.selection()[1] > 60)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("ground", ["#ffffff", "#16181d"])
def test_colours_follow_the_palette(panel, ground):
    panel.show_sample(dna())
    palette = QPalette(panel.view.palette())
    palette.setColor(QPalette.ColorRole.Base, QColor(ground))
    palette.setColor(QPalette.ColorRole.Text, QColor("#808080"))
    panel.view.setPalette(palette)
    assert panel.view.colours().dark == (ground == "#16181d")
    image = panel.view.viewport().grab().toImage()
    assert QColor(image.pixel(2, image.height() - 3)).name() == ground


def test_window_resized_keeps_the_whole_in_view(panel, qtbot):
    panel.show_sample(dna())
    panel.resize(1300, 500)
    qtbot.waitUntil(lambda: panel.view.scale.width > 1200)
    assert panel.visible_range() == (0, len(LETTERS))
    assert panel.view.scale.letter == pytest.approx(panel.view.scale.fit)


def test_menu_offers_what_the_selection_allows(panel, qtbot):
    panel.show_sample(dna())
    add = next(action for action in panel.view.actions() if action.objectName() == "sequence.add_feature")
    assert not add.isEnabled()
    panel.select(2, 4)
    assert add.isEnabled()
    panel.view.menu_requested.emit(QPoint(10, 10))
    menu = panel.findChild(QWidget, "sequence.menu")
    assert menu.actions()[0].text() == "Add feature from selection…"
    menu.close()


def test_page_below_shows_lines_and_selects_like_text(panel):
    panel.show_sample(dna("ACGTACGTAC" * 100, features=(Feature(3, 40, "gene"),)))
    view = panel.view
    page = view.page()
    assert page.lines >= 3
    first, last = page.boxes(5, 6)[0].center(), page.boxes(page.columns + 12, page.columns + 13)[0].center()
    assert view.tip(first) == "6: C"
    surface = view.viewport()
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, pos=(first - QPointF(3, 0)).toPoint())
    QTest.mouseMove(surface, (last + QPointF(3, 0)).toPoint())
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton)
    assert panel.selection() == (5, page.columns + 13)
    assert len(view.page().boxes(*panel.selection())) == 2


def test_page_is_scrolled_by_the_wheel_and_follows_selection_and_window(panel):
    panel.show_sample(dna("ACGT" * 5000))
    view = panel.view
    assert view.page().start == 0
    wheel(view, 10_000, -120, track="page")
    assert view.page().start == 3 * view.page().columns
    assert panel.visible_range() == (0, 20_000)
    panel.select(9000, 9010)
    assert view.page().start <= 9000 < view.page().end
    panel.zoom_to(15_000, 15_100)
    assert view.page().start <= panel.visible_range()[0] < view.page().end
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.page().end == 20_000


def test_panel_fits_beside_docks_on_a_small_screen(panel):
    panel.show_sample(dna(key="k" * 3000, description="d" * 3000))
    panel.select(0, len(LETTERS))
    assert panel.minimumSizeHint().width() <= 640
