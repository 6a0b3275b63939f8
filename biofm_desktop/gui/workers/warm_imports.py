"""A worker: imports the slow libraries behind the viewer, so that the first image need not wait for them."""

import importlib

from PySide6.QtCore import QThread

#: In this order; none of them makes a Qt object when imported, so a thread may do it.
MODULES = ("numpy", "scipy.ndimage", "pydantic", "vispy.scene", "napari.layers", "napari.components", "napari.plugins")


class WarmImports(QThread):
    """Imports `MODULES`; one that fails is left to fail where it is needed."""

    def run(self) -> None:
        """Import (in the thread)."""
        for module in MODULES:
            if self.isInterruptionRequested():
                return
            try:
                importlib.import_module(module)
            except Exception:  # noqa: BLE001, S112 - its user will tell
                continue
