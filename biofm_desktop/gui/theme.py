"""One look over napari and our docks: the colours of a theme, its style sheet, and the signal that it changed."""

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

import qtawesome
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Colours:
    """The colours of a theme, as ``#rrggbb``.

    ``background`` lies behind everything, ``panel`` under lists and forms, ``raised`` under buttons and fields,
    ``line`` between them; ``canvas`` behind images. ``curves`` are for plots, in order of use.
    """

    name: str
    dark: bool
    background: str
    panel: str
    raised: str
    hover: str
    line: str
    text: str
    faint: str
    accent: str
    accent_text: str
    selected: str
    good: str
    warning: str
    error: str
    canvas: str
    curves: tuple[str, ...]

    @property
    def train(self) -> str:
        """Return the colour of what is measured on training samples."""
        return self.curves[0]

    @property
    def validation(self) -> str:
        """Return the colour of what is measured on validation samples."""
        return self.curves[1]


DARK = Colours(
    name="dark",
    dark=True,
    background="#191c22",
    panel="#20242c",
    raised="#2b303a",
    hover="#363d49",
    line="#343a46",
    text="#e4e8ef",
    faint="#929bab",
    accent="#4b9cf5",
    accent_text="#ffffff",
    selected="#2c4568",
    good="#4cbf8a",
    warning="#e5b04b",
    error="#ef6b6b",
    canvas="#101216",
    curves=("#4b9cf5", "#f29e4c", "#4cbf8a", "#b58af0", "#ef6b8f", "#4fc7d6", "#d3c84e", "#9aa5b5"),
)
LIGHT = Colours(
    name="light",
    dark=False,
    background="#f2f4f7",
    panel="#ffffff",
    raised="#eaedf2",
    hover="#dde3eb",
    line="#d3d9e2",
    text="#1c2430",
    faint="#5f6b7b",
    accent="#1f6fd6",
    accent_text="#ffffff",
    selected="#d3e4fb",
    good="#1c8a58",
    warning="#a96b00",
    error="#c93636",
    canvas="#dfe3e9",
    curves=("#1f6fd6", "#d9731a", "#1c8a58", "#7b4bc9", "#c93669", "#128a9b", "#8f8410", "#5f6b7b"),
)
THEMES = {colours.name: colours for colours in (DARK, LIGHT)}


class ThemeBus(QObject):
    """Says that the theme changed; the new `Colours` come along."""

    changed = Signal(object)


_bus = ThemeBus()
_current = DARK


def theme_bus() -> ThemeBus:
    """Return the object whose ``changed`` signal tells of a new theme."""
    return _bus


def theme_colours() -> Colours:
    """Return the colours of the theme in use."""
    return _current


def apply_theme(name: str) -> None:
    """Give the whole application a theme (``dark`` or ``light``)."""
    global _current  # noqa: PLW0603 - Qt's application, too, has one style only
    colours = THEMES.get(name, DARK)
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return
    _current = colours
    application.setStyle("Fusion")
    application.setPalette(_palette(colours))
    application.setStyleSheet(style_sheet(colours))
    _bus.changed.emit(colours)


def style_sheet(colours: Colours) -> str:
    """Return Qt's style sheet in these colours."""
    template = Template((_HERE / "style.qss").read_text(encoding="utf-8"))
    return template.substitute(asdict(colours), icons=(_HERE / "icons").as_posix())


def icon(name: str, colour: str = "") -> QIcon:
    """Return a Material Design icon (``mdi6`` name) in a colour, by default that of text."""
    colours = theme_colours()
    found: QIcon = qtawesome.icon(f"mdi6.{name}", color=colour or colours.text, color_disabled=colours.line)
    return found


def _palette(c: Colours) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, colour in (
        (roles.Window, c.background),
        (roles.WindowText, c.text),
        (roles.Base, c.panel),
        (roles.AlternateBase, c.raised),
        (roles.ToolTipBase, c.raised),
        (roles.ToolTipText, c.text),
        (roles.PlaceholderText, c.faint),
        (roles.Text, c.text),
        (roles.Button, c.raised),
        (roles.ButtonText, c.text),
        (roles.BrightText, c.error),
        (roles.Link, c.accent),
        (roles.Highlight, c.accent),
        (roles.HighlightedText, c.accent_text),
        (roles.Mid, c.line),
        (roles.Dark, c.line),
        (roles.Light, c.hover),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(c.faint))
    return palette
