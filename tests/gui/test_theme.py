"""The theme: text can be read on every ground, and everything changes at once."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette

from biofm_desktop.gui import theme
from biofm_desktop.gui.actions import specs
from biofm_desktop.gui.theme import THEMES, apply_theme, icon, style_sheet, theme_bus, theme_colours


def luminance(colour):
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)
def test_text_can_be_read_on_every_ground(colours):
    for ground in (colours.background, colours.panel, colours.raised, colours.selected):
        assert contrast(colours.text, ground) >= 7
        assert contrast(colours.faint, ground) >= 3.4
    for sign in (colours.good, colours.warning, colours.error, *colours.curves[:4]):
        assert contrast(sign, colours.panel) >= 3


@pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)
def test_the_style_sheet_is_complete_and_its_pictures_exist(colours):
    sheet = style_sheet(colours)
    assert "$" not in sheet.replace("/* $name", "")
    pictures = re.findall(r"url\((.*?)\)", sheet)
    assert pictures
    assert all(Path(picture).is_file() for picture in pictures)


def test_a_new_theme_is_told_and_taken_over_by_qt(qapp, qtbot):
    apply_theme("dark")
    with qtbot.waitSignal(theme_bus().changed) as told:
        apply_theme("light")
    assert told.args[0] is theme_colours() is theme.LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.LIGHT.background
    apply_theme("dark")


def test_an_unknown_theme_is_the_dark_one(qapp):
    apply_theme("purple")
    assert theme_colours() is theme.DARK


def test_every_action_has_an_icon_that_can_be_drawn(qapp):
    for spec in specs():
        assert not icon(spec.icon).pixmap(16, 16).isNull(), spec.icon
