"""napari in the middle: what it shows, strokes it tells, one undo, and that it goes without a trace."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt

from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.predictions import MaskPrediction
from biofm_desktop.engine.samples import ImageSample, LazyImage
from biofm_desktop.gui.layers import overlays
from biofm_desktop.gui.pictures import pictures, scale_of

from .conftest import picture


def shown(window, qtbot, project):
    window.bench.set_project(project)
    qtbot.waitUntil(lambda: window.ready and window.centre.viewer.key == window.bench.key, timeout=30000)
    return window.centre.viewer


def layer(viewer, name):
    return viewer.napari.layers[name]


def drag(qtbot, viewer, start, end):
    """Paint with the mouse from one place of the image to another, as a hand does."""
    canvas = viewer.napari.window._qt_viewer.canvas.native
    qtbot.wait(50)
    points = [QPoint(*point) for point in (start, ((start[0] + end[0]) // 2, start[1]), end)]
    qtbot.mouseMove(canvas, points[0])
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(canvas, point)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=points[-1])


def test_a_stroke_of_the_mouse_is_one_edit_on_the_disk(window, qtbot, make_project):
    project = make_project(picture("a", mask=True), classes=("background", "cell", "debris"))
    viewer = shown(window, qtbot, project)
    window.commands["annotate.paint"].trigger()
    window.annotation.classes.press(2)
    canvas = viewer.napari.window._qt_viewer.canvas.native
    middle = (canvas.width() // 2, canvas.height() // 2)
    drag(qtbot, viewer, middle, (middle[0] + 60, middle[1]))
    qtbot.waitUntil(lambda: project.undo_text == "paint label 2 on a")
    stored = project.sample("a").mask.read()
    assert (stored == 2).any()
    assert np.array_equal(stored, layer(viewer, "label").data)
    project.undo()
    assert project.undo() is None


def test_ctrl_z_on_the_canvas_takes_the_stroke_back_in_the_project(window, qtbot, make_project):
    project = make_project(picture("a", mask=True), classes=("background", "cell"))
    viewer = shown(window, qtbot, project)
    before = layer(viewer, "label").data.copy()
    layer(viewer, "label").fill((5, 5), 1)
    qtbot.waitUntil(lambda: project.undo_text == "paint label 1 on a")
    canvas = viewer.napari.window._qt_viewer.canvas.native
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: project.undo_text is None)
    qtbot.waitUntil(lambda: np.array_equal(layer(viewer, "label").data, before))
    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: project.undo_text is not None)
    qtbot.waitUntil(lambda: np.array_equal(layer(viewer, "label").data, project.sample("a").mask.read()))


def test_painting_never_changes_the_data_itself(window, qtbot, make_project):
    sample = picture("a", mask=True)
    original = sample.mask.read().copy()
    viewer = shown(window, qtbot, make_project(sample))
    layer(viewer, "label").fill((5, 5), 1)
    viewer.finish_stroke()
    assert np.array_equal(sample.mask.read(), original)


def test_an_image_without_a_label_gets_one_when_it_is_painted_on(window, qtbot, make_project):
    project = make_project(picture("a", target="x"), picture("b", target="y"))
    viewer = shown(window, qtbot, project)
    assert [each.name for each in viewer.napari.layers] == ["image"]
    window.commands["annotate.paint"].trigger()
    layer(viewer, "label").paint((10, 10), 1)
    qtbot.waitUntil(lambda: project.undo_text is not None)
    assert project.sample("a").mask.read()[10, 10] == 1


def test_a_prediction_lies_over_the_image_and_can_be_kept(window, qtbot, make_project):
    project = make_project(picture("a"), classes=("background", "cell"))
    viewer = shown(window, qtbot, project)
    mask = np.zeros((40, 60), np.uint8)
    mask[:20] = 1
    said = MaskPrediction("a", mask, np.full((40, 60), 200, np.uint8), ("background", "cell"), 0.78)
    window.bench.add_predictions([said])
    assert np.array_equal(layer(viewer, "prediction").data, mask)
    assert not layer(viewer, "doubt").visible
    window.commands["action.toggle_prediction"].trigger()
    assert not layer(viewer, "prediction").visible
    window.commands["annotate.accept"].trigger()
    qtbot.waitUntil(lambda: np.array_equal(layer(viewer, "label").data, mask))
    assert np.array_equal(project.sample("a").mask.read(), mask)


def test_layers_of_the_user_stay_when_another_sample_is_shown(window, qtbot, make_project):
    viewer = shown(window, qtbot, make_project(picture("a"), picture("b")))
    viewer.napari.add_points([(3, 4)], name="mine")
    window.commands["samples.next"].trigger()
    qtbot.waitUntil(lambda: viewer.key == "b")
    assert "mine" in [each.name for each in viewer.napari.layers]


def test_a_volume_keeps_its_spacing_and_opens_in_the_middle(window, qtbot, make_project):
    voxels = LazyImage.of(np.zeros((9, 20, 30), np.int16))
    sample = ImageSample(key="ct", pixels=voxels, axes="ZYX", spacing=(5.0, 1.0, 1.0), unit="mm")
    viewer = shown(window, qtbot, make_project(sample))
    assert tuple(layer(viewer, "image").scale) == (5.0, 1.0, 1.0)
    assert viewer.napari.dims.current_step[0] == 4
    viewer.scroll_to(7)
    assert viewer.napari.dims.current_step[0] == 7


def test_a_colour_picture_from_a_file_is_one_layer_in_its_own_colours(tmp_path):
    image = np.zeros((6, 7, 3), np.uint8)
    image[..., 0] = 200
    for name in ("a.png", "a.tif", "a.jpg"):
        path = tmp_path / name
        Image.fromarray(image).save(path)
        sample = open_data([path]).samples[0]
        (layer,) = pictures(sample, sample.pixels.read())
        assert layer.rgb, name
        assert (layer.array[..., 0] > 150).all()
        assert (layer.array[..., 2] < 50).all()


def test_channels_that_are_named_after_colours_have_them():
    sample = ImageSample(key="a", pixels=LazyImage.of(np.ones((2, 8, 9))), axes="CYX", channels=("Red", "DAPI"))
    assert [part.colormap for part in pictures(sample, sample.pixels.read())] == ["red", "magenta"]


@pytest.mark.parametrize(
    ("axes", "shape", "dtype", "layers"),
    [
        ("YX", (8, 9), np.uint8, [("image", False)]),
        ("YX", (8, 9), np.float32, [("image", False)]),
        ("YX", (8, 9), bool, [("image", False)]),
        ("YXC", (8, 9, 3), np.uint8, [("image", True)]),
        ("YXC", (8, 9, 3), np.uint16, [("image", True)]),
        ("CYX", (2, 8, 9), np.uint16, [("channel 1", False), ("channel 2", False)]),
        ("ZCYX", (4, 2, 8, 9), np.uint16, [("channel 1", False), ("channel 2", False)]),
        ("ZYX", (4, 8, 9), np.int16, [("image", False)]),
    ],
)
def test_every_kind_of_pixels_becomes_layers(axes, shape, dtype, layers):
    array = np.ones(shape, dtype)
    sample = ImageSample(key="a", pixels=LazyImage.of(array), axes=axes)
    parts = pictures(sample, array)
    assert [(part.name, part.rgb) for part in parts] == layers
    assert all(part.limits[0] < part.limits[1] for part in parts)


def test_values_that_are_not_finite_do_not_spoil_the_contrast():
    array = np.full((8, 8), np.nan, np.float32)
    array[0, :4] = (0, 1, 2, np.inf)
    part = pictures(ImageSample(key="a", pixels=LazyImage.of(array)), array)[0]
    assert part.span == (0.0, 2.0)


def test_a_spacing_that_makes_no_sense_is_not_used():
    sample = ImageSample(key="a", pixels=LazyImage.of(np.zeros((4, 4))), spacing=(0.0, 1.0))
    assert scale_of(sample) == (1.0, 1.0)


def test_a_prediction_without_pixels_has_no_layers():
    assert overlays(None) == []
