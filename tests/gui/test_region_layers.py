"""Boxes, polygons and points are drawn, changed and taken back in the window; each change is one edit on the disk."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt

from biofm_desktop.engine.project import Project
from biofm_desktop.engine.samples import Region

from .conftest import picture
from .test_viewer import drag, layer, shown

BOX = Region("box", ((2.0, 2.0), (12.0, 10.0)), "cell")
RING = Region("polygon", ((14.0, 14.0), (20.0, 14.0), (20.0, 20.0)), "debris")


@pytest.fixture
def project(make_project):
    return make_project(replace(picture("a"), regions=(BOX, RING)), replace(picture("b"), regions=()))


@pytest.fixture
def viewer(window, qtbot, project):
    return shown(window, qtbot, project)


def regions(project: Project, key: str = "a") -> tuple[Region, ...]:
    return project.sample(key).regions


def test_regions_of_the_data_are_shown_with_their_classes(window, viewer):
    assert list(layer(viewer, "regions").shape_type) == ["rectangle", "polygon"]
    assert list(layer(viewer, "regions").features["label"]) == ["cell", "debris"]
    assert window.annotation.mode == "mark"
    assert window.annotation.classes.names() == ["cell", "debris"]


def test_a_box_drawn_with_the_mouse_is_one_edit_and_is_taken_back(window, qtbot, viewer, project):
    window.annotation.classes.press(2)
    window.commands["annotate.box"].trigger()
    canvas = viewer.napari.window._qt_viewer.canvas.native
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    drag(qtbot, viewer, (middle.x(), middle.y()), (middle.x() + 60, middle.y() + 40))
    qtbot.waitUntil(lambda: len(regions(project)) == 3)
    assert regions(project)[:2] == (BOX, RING)
    drawn = regions(project)[2]
    assert (drawn.kind, drawn.label) == ("box", "debris")
    assert min(drawn.box[2:]) > 0
    window.commands["action.undo"].trigger()
    qtbot.waitUntil(lambda: len(layer(viewer, "regions").data) == 2)
    assert regions(project) == (BOX, RING)
    assert project.undo_text is None
    window.commands["action.redo"].trigger()
    qtbot.waitUntil(lambda: len(layer(viewer, "regions").data) == 3)
    assert regions(project)[2] == drawn


def test_a_point_is_set_with_a_click(window, qtbot, viewer, project):
    window.commands["annotate.point"].trigger()
    canvas = viewer.napari.window._qt_viewer.canvas.native
    qtbot.wait(50)
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    qtbot.mouseMove(canvas, middle)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(lambda: len(regions(project)) == 3)
    assert (regions(project)[2].kind, regions(project)[2].label) == ("point", "cell")


def test_shapes_are_selected_named_moved_and_deleted(window, qtbot, viewer, project):
    window.commands["annotate.select"].trigger()
    shapes = layer(viewer, "regions")
    shapes.selected_data = {0}
    window.annotation.classes.press(2)
    qtbot.waitUntil(lambda: regions(project)[0].label == "debris")
    shapes.data = [shapes.data[0] + 1, shapes.data[1]]
    qtbot.waitUntil(lambda: regions(project)[0].points == ((3.0, 3.0), (13.0, 11.0)))
    shapes.selected_data = {0}
    shapes.remove_selected()
    qtbot.waitUntil(lambda: regions(project) == (RING,))
    for count in (2, 2, 2):
        project.undo()
        assert len(regions(project)) == count
    assert regions(project) == (BOX, RING)


def test_a_mask_s_frame_that_is_moved_springs_back_and_says_why(window, qtbot, make_project):
    mask = Region("box", ((0.0, 0.0), (4.0, 4.0)), "cell", runs=(2, 2, 12))
    project = make_project(replace(picture("a"), regions=(mask,)))
    shapes = layer(shown(window, qtbot, project), "regions")
    with qtbot.waitSignal(window.labelling.hint):
        shapes.data = [shapes.data[0] + 1]
    assert regions(project) == (mask,)
    assert shapes.data[0].min() == -0.5


def test_the_next_sample_keeps_the_tool_and_shows_its_own_regions(window, qtbot, viewer, project):
    window.commands["annotate.box"].trigger()
    window.commands["samples.next"].trigger()
    qtbot.waitUntil(lambda: viewer.key == "b")
    qtbot.waitUntil(lambda: len(layer(viewer, "regions").data) == 0)
    assert str(layer(viewer, "regions").mode) == "add_rectangle"
    assert viewer.napari.layers.selection.active is layer(viewer, "regions")


def test_the_name_of_a_class_is_changed_in_the_shapes_too(window, qtbot, viewer, project):
    project.rename_class("cell", "red cell")
    assert regions(project)[0].label == "red cell"
    assert project.classes == ("red cell", "debris")
    project.undo()
    assert regions(project) == (BOX, RING)
