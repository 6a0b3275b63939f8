"""Pinned samples: pinning them, and the page that shows what a training said of them."""

from threading import current_thread, main_thread

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QSlider, QTabWidget

from biofm_desktop.engine.events import Preview
from biofm_desktop.engine.files import write_json
from biofm_desktop.engine.predictions import ClassPrediction, MaskPrediction, ValuePrediction
from biofm_desktop.engine.previews import MOST_PINNED, look_of, looks_of, write_looks
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.previews import PreviewsPage
from biofm_desktop.gui.docks.samples import SamplesPanel
from biofm_desktop.gui.flows.preview_flow import PreviewFlow
from biofm_desktop.gui.flows.remembered import Remembered
from biofm_desktop.gui.theme import apply_theme
from biofm_desktop.gui.widgets.epoch_lines import EpochLines
from biofm_desktop.gui.widgets.preview_view import PreviewView
from biofm_desktop.gui.workers.preview_base import Base, laid_over, read_base

from .conftest import picture


def classes(key, epoch):
    sure = 0.5 + epoch / 20
    return ClassPrediction(key, "light", sure, {"dark": 1 - sure, "light": sure})


def mask(key, epoch):
    made = np.zeros((40, 60), np.uint8)
    made[: 4 * epoch] = 1
    share = {"nucleus": epoch / 10}
    return MaskPrediction(key, made, np.full_like(made, 255), ("background", "nucleus"), 0.9, shares=share)


@pytest.fixture
def page(qtbot):
    made = PreviewsPage()
    qtbot.addWidget(made)
    made.resize(760, 200)
    made.show()
    return made


def words(page):
    return page.findChild(QLabel, "previews.words").text()


def slider(page):
    return page.findChild(QSlider, "previews.epoch")


def test_the_slider_follows_at_its_end_and_stays_where_it_was_put(page, qtbot):
    page.begin_run(None)
    for epoch in (1, 2, 3):
        page.add([look_of(classes("a", epoch), epoch)])
        assert words(page).startswith(f"Epoch {epoch} of {epoch}: light")
    slider(page).setFocus()
    qtbot.keyClick(slider(page), Qt.Key.Key_Left)
    assert words(page) == "Epoch 2 of 3: light (60% sure)"
    page.add([look_of(classes("a", 4), 4)])
    assert words(page) == "Epoch 2 of 4: light (60% sure)"
    assert "light 60.0%" in page.findChild(EpochLines, "previews.lines").accessibleDescription()


def test_each_pinned_sample_has_its_own_epochs(page):
    page.begin_run(None)
    page.add([look_of(classes("a", 1), 1), look_of(ValuePrediction("b", 2.5, unit="kDa"), 1)])
    chooser = page.findChild(QComboBox, "previews.sample")
    assert [chooser.itemText(n) for n in range(chooser.count())] == ["a", "b"]
    chooser.setCurrentText("b")
    assert words(page) == "Epoch 1 of 1: 2.5 kDa"
    page.begin_run(None)
    assert not chooser.isVisible()
    assert page.findChild(QLabel, "previews.empty").isVisible()


def test_an_epoch_that_was_left_out_is_said(page):
    page.add([look_of(classes("a", 1), 1), look_of(classes("a", 3), 3)])
    slider(page).setValue(2)
    assert words(page) == "Epoch 2: no preview"


def test_a_mask_lies_over_its_picture_in_every_epoch(page, tmp_path, qtbot):
    sample = picture("a", mask=True)
    page.sample_of = {"a": sample}.get
    page.begin_run(tmp_path)
    part = ((0, 40), (0, 60))
    threads = []
    page._take_base = (lambda take: lambda *what: (threads.append(current_thread()), take(*what)))(page._take_base)
    for epoch in (1, 2):
        page.add(write_looks(tmp_path, epoch, [(mask("a", epoch), part)])[1])
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [main_thread()]
    view = page.findChild(PreviewView, "previews.view")
    assert view._picture.size().toTuple() == (60, 40)
    base = read_base(sample, part)
    expected = laid_over(base, mask("a", 2).mask)
    assert view._picture.pixelColor(3, 7).getRgb()[:3] == tuple(expected[7, 3])
    assert view._picture.pixelColor(3, 39).getRgb()[:3] == tuple(base.colours[39, 3])
    page.findChild(QCheckBox, "previews.edges").setChecked(False)
    edge = tuple(int(n) for n in np.argwhere(base.edges)[-1])
    assert view._picture.pixelColor(edge[1], edge[0]).getRgb()[:3] == tuple(base.colours[edge])
    slider(page).setValue(1)
    assert view._picture.pixelColor(3, 7).getRgb()[:3] == tuple(base.colours[7, 3])


def test_a_mask_shows_without_its_picture_and_a_lost_one_is_said(page, tmp_path):
    page.begin_run(tmp_path)
    page.add(write_looks(tmp_path, 1, [(mask("a", 1), ((0, 40), (0, 60)))])[1])
    assert not page.findChild(PreviewView, "previews.view")._picture.isNull()
    (tmp_path / "previews" / "epoch-0001-1.png").unlink()
    page._show()
    assert "epoch-0001-1.png" in words(page)


def test_the_edges_of_the_label_are_white():
    sample = picture("a", mask=True)
    base = read_base(sample, ((0, 40), (0, 60)))
    label = sample.mask.read()
    assert base.edges.any()
    assert not base.edges[label == 0].any()
    assert base.edges.sum() < (label > 0).sum() / 5
    nothing = np.zeros((40, 60), np.uint8)
    made = laid_over(base, nothing)
    assert (made[base.edges] == 255).all()
    assert np.array_equal(laid_over(base, nothing, edges=False), base.colours)
    dense = Base(np.zeros((40, 60, 3), np.uint8), np.arange(2400).reshape(40, 60) % 2 == 0)
    assert laid_over(dense, nothing).max() < 50


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_page_is_saved_as_a_picture(qtbot, tmp_path, suffix, theme):
    apply_theme(theme)
    plots = PlotsPanel()
    qtbot.addWidget(plots)
    plots.resize(700, 260)
    plots.show()
    tabs = plots.findChild(QTabWidget, "plots.tabs")
    tabs.setCurrentWidget(plots.previews)
    assert not plots.findChild(QComboBox, "plots.axis").isVisible()
    plots.previews.add([look_of(classes("a", epoch), epoch) for epoch in (1, 2, 3)])
    plots.save_picture(tmp_path / f"page.{suffix}")
    if suffix == "png":
        assert len(np.unique(np.asarray(Image.open(tmp_path / "page.png")))) > 10
    else:
        assert (tmp_path / "page.svg").read_text().count("<text") > 4


@pytest.fixture
def pinning(page, qtbot, make_project, tmp_path):
    """A samples list, the flow and a project of twelve pictures."""
    samples = SamplesPanel()
    qtbot.addWidget(samples)
    flow = PreviewFlow(page, Remembered())
    project = make_project(*(picture(f"p{n}", mask=True) for n in range(12)))
    samples.show_dataset(project.dataset, set())
    flow.set_project(project)
    flow.follow(samples)
    yield samples, flow, project
    samples.close_panel()


def test_pins_are_kept_for_the_project(pinning, page):
    samples, flow, project = pinning
    assert "Pin a sample" in page.findChild(QLabel, "previews.empty").text()
    samples.toggle_pins(["p3", "p1"])
    samples.toggle_pins(["p1", "p2"])  # p1 is pinned already
    assert flow.pinned == ("p3", "p1", "p2")
    assert "After the first epoch" in page.findChild(QLabel, "previews.empty").text()
    samples.toggle_pins(["p1"])
    again = PreviewFlow(page, Remembered())
    samples.show_dataset(project.dataset, set())
    assert samples.pinned == ()
    again.follow(samples)
    again.set_project(project)
    assert again.pinned == ("p3", "p2")
    assert "pinned" in samples.model.data(samples.model.index(3), Qt.ItemDataRole.AccessibleTextRole)


def test_too_many_pins_are_not_taken(pinning):
    samples, flow, _ = pinning
    told = []
    flow.message.connect(told.append)
    samples.toggle_pins([f"p{n}" for n in range(12)])
    assert len(flow.pinned) == MOST_PINNED
    assert "At most 8 samples" in told[0]


def test_what_a_training_says_arrives_and_what_another_said_does_not(pinning, page, tmp_path, qtbot):
    _, flow, _ = pinning
    flow.begin_run(tmp_path / "new")
    path, _ = write_looks(tmp_path / "new", 1, [(classes("p1", 1), ())])
    flow.take([Preview("p1", "light", 0.5, str(path))])
    qtbot.waitUntil(lambda: words(page).startswith("Epoch 1 of 1"))
    write_looks(tmp_path / "old", 7, [(classes("p2", 7), ())])
    flow.show_run(tmp_path / "old")
    qtbot.waitUntil(lambda: words(page).startswith("Epoch 7 of 7"))
    assert looks_of(tmp_path / "old")[0].key == "p2"
    chooser = page.findChild(QComboBox, "previews.sample")
    assert chooser.count() == 1


def test_a_broken_preview_is_told(pinning, tmp_path, qtbot):
    _, flow, _ = pinning
    flow.begin_run(tmp_path)
    write_json(tmp_path / "previews" / "epoch-0001.json", {"looks": 3}, room="checkpoint")
    with qtbot.waitSignal(flow.failed) as told:
        flow.take([Preview("a", "b", None, str(tmp_path / "previews" / "epoch-0001.json"))])
    assert "a preview cannot be read" in told.args[0]
