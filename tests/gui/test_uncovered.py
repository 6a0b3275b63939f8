"""What a dialog had covered is drawn again, also beside the viewer's OpenGL and without a compositor."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDialog

from biofm_desktop.gui.app import make_window


@pytest.fixture
def window(qtbot, images_folder):
    made = make_window(images_folder)
    made.move(0, 0)
    made.show()
    yield made
    made.jobs.close(save=False)
    made.close()
    made.deleteLater()


def red_on_screen():
    """Return how many pixels of the screen are of the cover's colour."""
    image = QGuiApplication.primaryScreen().grabWindow(0).toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width()]
    return int(((pixels[..., 2] == 255) & (pixels[..., 1] == 0) & (pixels[..., 0] == 1)).sum())


def test_nothing_of_a_window_that_was_closed_stays_in_sight(window, qtbot):
    qtbot.waitUntil(lambda: window.ready and window.centre.viewer.key != "", timeout=60_000)
    qtbot.wait(1500)  # all is drawn once
    cover = QDialog(window)
    cover.setStyleSheet("background: rgb(255, 0, 1)")
    cover.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    cover.setGeometry(200, 60, 800, 640)
    cover.show()
    qtbot.waitUntil(lambda: red_on_screen() > 400_000, timeout=10_000)
    cover.close()
    cover.deleteLater()
    qtbot.waitUntil(lambda: red_on_screen() == 0, timeout=5000)
