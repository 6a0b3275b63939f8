"""What happens in which order when the window begins: its frame first, and napari imported by one thread only."""

from PySide6.QtWidgets import QWidget

from biofm_desktop.gui import viewer as viewer_module
from biofm_desktop.gui.app import FirstPaint
from biofm_desktop.gui.viewer import Viewer


class Painted(QWidget):
    """Notes its paints."""

    def __init__(self, story):
        super().__init__()
        self.story = story

    def paintEvent(self, event):  # noqa: N802 - Qt names it
        self.story.append("painted")


def test_what_waits_for_the_first_paint_comes_after_it_and_once(qtbot):
    story = []
    widget = Painted(story)
    qtbot.addWidget(widget)
    FirstPaint(widget).over.connect(lambda: story.append("over"))
    widget.show()
    qtbot.waitUntil(lambda: "over" in story, timeout=5000)
    widget.repaint()
    assert story[0] == "painted"
    assert story.count("over") == 1


def test_what_waits_for_a_paint_comes_also_where_nothing_is_painted(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    with qtbot.waitSignal(FirstPaint(widget).over, timeout=5000):
        pass


def test_the_viewer_waits_for_the_thread_that_imports_napari(qtbot, monkeypatch):
    story = []

    class Imports:
        def wait(self):
            story.append("waited")

    def import_napari():
        story.append("imported")
        raise ImportError("enough")

    monkeypatch.setattr(viewer_module, "import_napari", import_napari)
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.imports = Imports()
    try:
        viewer.make()
    except ImportError:
        story.append("refused")
    assert story == ["waited", "imported", "refused"]
