"""Run by bench_window.py in a fresh process: ``frame``, ``ours IMAGE`` or ``napari IMAGE``.

Prints the clock (time.time) at its first line, once its imports are done, and when what was asked for is on the screen.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

FIRST = time.time()


def tell(imported: float) -> None:
    """Print the three times and end, without the time that closing would take."""
    print(FIRST, imported, time.time(), flush=True)
    os._exit(0)


def tell_of_image(viewer: Any, imported: float) -> None:
    """Tell once napari's canvas has been drawn with an image and handed to the screen."""
    canvas = viewer.window._qt_viewer.canvas._scene_canvas.native
    canvas.frameSwapped.connect(lambda: tell(imported) if viewer.layers else None)


def frame() -> None:
    """Start the program; tell when the window has been painted, and the event loop goes on."""
    from PySide6.QtCore import QTimer

    from biofm_desktop.gui.app import main
    from biofm_desktop.gui.main_window import MainWindow

    imported, painted = time.time(), False
    warm_up = MainWindow.warm_up

    def paint(self: MainWindow, event: Any) -> None:
        nonlocal painted
        painted = True
        super(MainWindow, self).paintEvent(event)
        QTimer.singleShot(0, lambda: tell(imported))

    def warm(self: MainWindow) -> None:
        if painted:  # the first thing that the window does after its frame
            tell(imported)
        warm_up(self)

    for name, method in (("paintEvent", paint), ("warm_up", warm)):
        setattr(MainWindow, name, method)
    main()


def ours(path: Path) -> None:
    """Start the program with an image; tell when it is drawn."""
    from PySide6.QtCore import QTimer

    from biofm_desktop.gui.app import main
    from biofm_desktop.gui.centre import Centre
    from biofm_desktop.gui.viewer import Viewer

    imported, show = time.time(), Viewer.show_sample

    def show_sample(self: Viewer, *args: Any, **more: Any) -> None:
        show(self, *args, **more)
        centre = self.parentWidget()
        assert isinstance(centre, Centre)
        QTimer.singleShot(0, lambda: tell_of_image(self.napari, imported))  # it is fitted to its place next

    Viewer.show_sample = show_sample  # type: ignore[method-assign]
    main([path])


def napari(path: Path) -> None:
    """Start bare napari with an image; tell when it is drawn."""
    import napari

    imported = time.time()
    viewer = napari.Viewer()
    tell_of_image(viewer, imported)
    viewer.open(path)
    napari.run()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["frame"]:
            frame()
        case ["ours", name]:
            ours(Path(name))
        case ["napari", name]:
            napari(Path(name))
