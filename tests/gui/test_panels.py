"""The panels' places: what scrolls there scrolls down, never sideways."""

import pytest
from PySide6.QtWidgets import QMainWindow, QScrollArea, QVBoxLayout, QWidget

from biofm_desktop.gui.panels import PLACES, Panels


@pytest.mark.parametrize("place", [place.name for place in PLACES if place.scrolls])
def test_a_panel_that_scrolls_is_never_narrower_than_what_it_holds(qtbot, place):
    window, held, wide = QMainWindow(), QWidget(), QWidget()
    qtbot.addWidget(window)
    panels = Panels(window)
    wide.setMinimumSize(400, 2000)
    QVBoxLayout(held).addWidget(wide)
    panels.fill(place, held)
    panels.bring(place)
    window.resize(900, 500)
    window.show()
    scroll = window.findChild(QScrollArea, f"dock.{place}_scroll")
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().isVisible())
    qtbot.waitUntil(lambda: scroll.viewport().width() >= 400)
    wide.setMinimumWidth(520)
    qtbot.waitUntil(lambda: scroll.viewport().width() >= 520)
    assert not scroll.horizontalScrollBar().isVisible()
