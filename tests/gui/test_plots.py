"""The plots of runs."""

import csv

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QSlider, QTabWidget, QToolButton

from biofm_desktop.engine.events import Changed, EpochDone, Measured, Started, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import at_points
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.theme import apply_theme
from biofm_desktop.gui.widgets.curve_plot import CurvePlot
from biofm_desktop.gui.widgets.run_curves import RunCurves


def events(steps=40, per_epoch=10):
    made = [Started("t", steps=steps, epochs=steps // per_epoch)]
    for i in range(1, steps + 1):
        made.append(StepDone(i, 1 + (i - 1) // per_epoch, 1 / i, 0.01))
        if i % per_epoch == 0:
            made.append(EpochDone(i // per_epoch, i, 1 / i, 1.2 / i, {"accuracy": 1 - 1 / i, "auc": 0.9}))
    return made


@pytest.fixture
def panel(qtbot):
    made = PlotsPanel()
    qtbot.addWidget(made)
    made.resize(500, 320)
    made.show()
    return made


def drawn(panel, name="train.plot"):
    plot = panel.findChild(CurvePlot, name)
    plot.redraw()
    return {item.name(): item.getOriginalDataset() for item in plot.listDataItems() if item.name()}


def test_a_live_run_grows_in_the_plot(panel):
    panel.begin_run("run", "resnet18")
    panel.take(events()[:21])
    before = len(drawn(panel)["train"][0])
    panel.take(events()[21:])
    after = drawn(panel)
    assert before < len(after["train"][0]) == 40
    assert len(after["validation"][0]) == 4


def test_events_of_a_run_that_is_no_longer_shown_are_left_out(panel):
    panel.begin_run("learnt", "corrected")
    panel.take(events()[:21], of="learnt")
    panel.begin_run("run", "resnet18")
    panel.take(events()[:11], of="run")
    panel.take(events()[21:], of="learnt")
    assert len(drawn(panel)["train"][0]) == 10


def test_the_axis_counts_steps_or_epochs(panel):
    panel.begin_run("run", "resnet18")
    panel.take(events())
    assert drawn(panel)["validation"][0][-1] == 40
    panel.findChild(QComboBox, "plots.axis").setCurrentIndex(1)
    assert drawn(panel)["validation"][0][-1] == 4
    assert panel.findChild(CurvePlot, "train.plot").getAxis("bottom").labelText == "Epoch"


def test_the_metric_can_be_chosen(panel):
    panel.begin_run("run", "resnet18")
    panel.take(events())
    panel.findChild(QTabWidget, "plots.tabs").setCurrentIndex(1)
    metric = panel.findChild(QComboBox, "plots.metric")
    assert metric.isVisible()
    assert (metric.currentText(), metric.count()) == ("accuracy", 2)
    assert drawn(panel, "train.plot_metric")["resnet18"][1][-1] == 1 - 1 / 40
    metric.setCurrentText("auc")
    assert drawn(panel, "train.plot_metric")["resnet18"][1][-1] == 0.9


def test_smoothing_can_be_turned_off(panel):
    panel.begin_run("run", "resnet18")
    panel.take(events())
    assert drawn(panel)["train"][1][1] > 0.5
    panel.findChild(QSlider, "plots.smoothing").setValue(0)
    assert drawn(panel)["train"][1][1] == 0.5


def test_losses_can_be_drawn_on_a_logarithmic_scale(panel):
    panel.begin_run("run", "resnet18")
    panel.take(events())
    panel.findChild(QCheckBox, "plots.log").setChecked(True)
    assert panel.findChild(CurvePlot, "train.plot").getAxis("left").logMode


def test_earlier_runs_are_laid_over_and_taken_away(panel, qtbot, tmp_path):
    panel.set_runs([tmp_path / "2026-11-24-1-unet", tmp_path / "2026-11-24-2-unet"])
    panel.begin_run("run", "live")
    panel.take(events())
    action = panel.findChild(QToolButton, "plots.runs").menu().actions()[0]
    with qtbot.waitSignal(panel.run_wanted) as asked:
        action.trigger()
    earlier = RunCurves("earlier")
    earlier.take(events())
    panel.show_run(asked.args[0], earlier)
    assert set(drawn(panel)) == {"live", "earlier"}
    action.trigger()
    assert set(drawn(panel)) == {"train", "validation"}


def test_the_next_run_takes_the_place_of_the_last(panel):
    panel.begin_run("one", "first")
    panel.take(events())
    panel.begin_run("two", "second")
    panel.take(events()[:5])
    assert len(drawn(panel)["train"][0]) == 4


def test_the_points_are_saved_as_a_table(panel, tmp_path):
    panel.begin_run("run", "resnet18")
    panel.take(events())
    panel.save_data(tmp_path / "points.csv")
    with (tmp_path / "points.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["quantity"] for row in rows} == {"train loss", "validation loss", "learning rate", "accuracy", "auc"}
    assert rows[0] == {"run": "resnet18", "quantity": "train loss", "step": "1", "epoch": "0.1", "value": "1"}


def test_a_full_disk_leaves_the_old_table_and_says_so(panel, tmp_path):
    panel.save_data(tmp_path / "points.csv")
    before = (tmp_path / "points.csv").read_bytes()
    panel.begin_run("run", "resnet18")
    panel.take(events())

    def full(point, path):
        if point == "export.sync":
            raise OSError(28, "No space left on device")

    with at_points(full), pytest.raises(Fault, match="disk is full"):
        panel.save_data(tmp_path / "points.csv")
    assert (tmp_path / "points.csv").read_bytes() == before


def test_the_theme_changes_the_colours_of_curves(panel):
    apply_theme("dark")
    panel.begin_run("run", "resnet18")
    panel.take(events())
    drawn(panel)
    dark = panel.findChild(CurvePlot, "train.plot").listDataItems()[-1].opts["pen"].color().name()
    apply_theme("light")
    drawn(panel)
    light = panel.findChild(CurvePlot, "train.plot").listDataItems()[-1].opts["pen"].color().name()
    apply_theme("dark")
    assert dark != light


def test_gradients_speed_and_memory_have_plots_of_their_own(panel):
    panel.begin_run("run", "resnet18")
    told = [StepDone(n, 1, 1 / n, 0.01, 2.0 * n) for n in range(1, 5)]
    panel.take([Started("t", steps=4, epochs=1), *told, Measured(4, 120.5, 2_000_000_000)])
    tabs = panel.findChild(QTabWidget, "plots.tabs")
    panel.findChild(QSlider, "plots.smoothing").setValue(0)
    for place, (name, last) in enumerate((("gradient", 8.0), ("speed", 120.5), ("memory", 2.0)), 3):
        tabs.setCurrentIndex(place)
        assert drawn(panel, f"train.plot_{name}")["resnet18"][1][-1] == pytest.approx(last)
    assert [panel.findChild(QComboBox, "plots.metric").itemText(n) for n in range(3)] == ["", "", ""]


def test_a_change_on_the_way_is_a_mark_with_its_words(panel):
    panel.begin_run("run", "resnet18")
    panel.take([*events()[:15], Changed(12, 2, "highest learning rate 0.1")])
    plot = panel.findChild(CurvePlot, "train.plot")
    assert [line.value() for line in plot._marks] == [12]
    assert "highest learning rate 0.1" in plot._marks[0].toolTip()
    panel.findChild(QComboBox, "plots.axis").setCurrentIndex(1)
    assert [line.value() for line in plot._marks] == [pytest.approx(1.2)]


def test_the_values_at_the_pointer_are_those_of_the_nearest_points(panel, qtbot):
    panel.begin_run("run", "resnet18")
    panel.take(events())
    plot = panel.findChild(CurvePlot, "train.plot")
    plot.redraw()
    found = {curve.name: (x, y) for curve, x, y in plot.values_at(19.6)}
    assert found["validation"] == (20.0, pytest.approx(0.06))
    assert found["train"][0] == 20.0
    view = plot.getPlotItem().getViewBox()
    plot._cross.move(view.mapViewToScene(QPointF(19.6, float(found["train"][1]))))
    assert "validation" in plot._cross.text
    assert "0.06" in plot._cross.text
    plot._cross.hide()
    assert plot._cross.text == ""


def test_a_hint_stands_under_the_plots_until_it_is_sent_away(panel):
    panel.begin_run("run", "resnet18")
    line, words = panel.findChild(QToolButton, "plots.hint_dismiss"), panel.findChild(QLabel, "plots.hint")
    assert not words.isVisible()
    panel.take([Started("t", epochs=2, facts={"metric": "accuracy", "validation": 8}), *events()[1:12]])
    assert "8 validation samples" in words.text()
    assert words.isVisible()
    line.click()
    assert not words.isVisible()
    panel.take(events()[12:])
    assert not words.isVisible()
    panel.begin_run("next", "resnet18")
    panel.take([Started("t", epochs=2, facts={"metric": "accuracy", "validation": 8}), *events()[1:12]])
    assert words.isVisible()
