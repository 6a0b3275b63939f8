"""How napari looks in our window: its settings beside ours, our colours, and no keys that clash with ours."""

import gc
import os
from collections.abc import Sequence
from functools import cache
from typing import Any

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from biofm_desktop.paths import config_dir

from .layers import class_colour
from .theme import Colours

LABEL = "BioFM"


@cache
def import_napari() -> Any:
    """Import napari with settings of its own beside ours, so that a napari elsewhere keeps its theme."""
    os.environ.setdefault("NAPARI_CONFIG", str(config_dir() / "napari" / "settings.yaml"))
    import napari
    import napari.settings

    # What an import makes lives on: the collector need not look through it again, a quarter of a second each time.
    gc.freeze()
    return napari


def register_theme(c: Colours) -> None:
    """Give napari's own theme of this name our colours; a theme of another name could be taken away."""
    from napari.utils import theme as themes

    if themes.get_theme(c.name).label != LABEL:
        theme = {
            "id": c.name,
            "label": LABEL,
            "type": c.name,
            "syntax_style": "native" if c.dark else "default",
            "canvas": c.canvas,
            "console": c.panel,
            "background": c.panel,
            "foreground": c.raised,
            "primary": c.hover,
            "secondary": c.faint,
            "highlight": c.selected,
            "text": c.text,
            "icon": c.text,
            "warning": c.warning,
            "error": c.error,
            "current": c.accent if c.dark else "#8fbcf2",  # text on it stays dark
            "font_size": "9pt",
        }
        themes.register_theme(c.name, theme, "builtin")


def colour_classes(layer: Any, classes: Sequence[str]) -> None:
    """Give a labels layer the colours of these classes; where there are none each object has a colour of its own."""
    from napari.utils.colormaps import CyclicLabelColormap, DirectLabelColormap, label_colormap

    if classes:
        known: dict[int | None, str] = {value: class_colour(value) for value in range(max(64, len(classes)))}
        layer.colormap = DirectLabelColormap(color_dict={None: "#ff00ff", 0: "#00000000", **known})
    elif not isinstance(layer.colormap, CyclicLabelColormap):
        layer.colormap = label_colormap()


def quiet(menu: QMenu) -> None:
    """Take the keys off a menu of napari's: ours come first, and two owners of a key mean that neither answers."""
    for action in menu.actions():
        action.setShortcut(QKeySequence())
        inner = action.menu()
        if isinstance(inner, QMenu):
            quiet(inner)
