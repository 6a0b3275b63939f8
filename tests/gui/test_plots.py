"""The plots of runs."""

import csv

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QSlider, QTabWidget, QToolButton

from biofm_desktop.engine.events import EpochDone, Started, StepDone
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
