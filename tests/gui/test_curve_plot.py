"""Curves that stay quick with any number of points."""

import numpy as np
import pytest

from biofm_desktop.engine.events import EpochDone, Started, StepDone
from biofm_desktop.gui.widgets.curve_plot import Curve, CurvePlot
from biofm_desktop.gui.widgets.pyramid import Pyramid
from biofm_desktop.gui.widgets.run_curves import LOSS, RATE, VALIDATION, RunCurves, ema


def grown(y, pieces=7):
    """A pyramid of y over 0, 1, 2 ..., appended piece by piece."""
    made = Pyramid()
    for part in np.array_split(np.arange(len(y)), pieces):
        made.append(part.astype(float), y[part])
    return made


@pytest.mark.parametrize("count", [1, 7, 513, 5000, 40_000])
@pytest.mark.parametrize("pieces", [1, 3, 97])
def test_what_is_drawn_never_misses_a_peak_or_a_valley(count, pieces):
    y = np.random.default_rng(count).normal(size=count)
    x_drawn, y_drawn = grown(y, pieces).window(-np.inf, np.inf, 200)
    assert len(x_drawn) <= 402
    assert (y_drawn.min(), y_drawn.max()) == (y.min(), y.max())
    assert np.all(np.diff(x_drawn) >= 0)


def test_zoomed_in_every_point_is_drawn_and_its_neighbours_outside():
    y = np.arange(20_000.0)
    x_drawn, y_drawn = grown(y).window(5000.5, 5100.5, 200)
    np.testing.assert_array_equal(x_drawn, np.arange(5000, 5102))
    np.testing.assert_array_equal(y_drawn, x_drawn)


def test_a_peak_in_the_last_half_filled_bucket_shows():
    y = np.zeros(10_001)
    y[-1] = 5
    assert grown(y).window(-np.inf, np.inf, 100)[1].max() == 5


def test_an_empty_curve_draws_nothing():
    assert len(Pyramid().window(-np.inf, np.inf, 100)[0]) == 0


def test_the_average_in_blocks_is_the_average_step_by_step():
    values, last, weight = np.random.default_rng(1).normal(size=1000), 2.0, 0.9
    expected, before = [], last
    for value in values:
        before = weight * before + (1 - weight) * value
        expected.append(before)
    np.testing.assert_allclose(ema(values, weight, last), expected)


def test_events_become_curves_over_steps():
    run = RunCurves("run")
    run.take([Started("t", steps=100, epochs=10, facts={"metric": "accuracy"}), StepDone(1, 1, 0.7, 0.01)])
    run.take([StepDone(2, 1, 0.6, 0.02), EpochDone(1, 10, 0.6, 0.65, {"accuracy": 0.5, "auc": 0.6}, best=True)])
    assert run.epochs_per_step == 0.1
    assert list(run.curves[LOSS].y) == [0.7, 0.6]
    assert list(run.curves[RATE].y) == [0.01, 0.02]
    assert (list(run.curves[VALIDATION].x), list(run.curves[VALIDATION].y)) == ([10], [0.65])
    assert run.metrics == ("accuracy", "auc")
    assert (run.metric, run.best) == ("accuracy", (1, 10))


def test_without_a_plan_the_first_epoch_tells_how_long_one_is():
    run = RunCurves("run")
    run.take([EpochDone(1, 25, 0.6, None, {})])
    assert run.epochs_per_step == 1 / 25
    assert len(run.curves[VALIDATION]) == 0


def test_a_loss_that_is_no_number_has_no_place_in_the_plot():
    run = RunCurves("run")
    run.take([StepDone(1, 1, 0.5, 0.1), StepDone(2, 1, float("nan"), 0.1), StepDone(3, 1, float("inf"), 0.1)])
    assert list(run.curves[LOSS].x) == [1]


def test_a_smoothed_curve_grows_with_its_raw_one():
    run = RunCurves("run")
    run.take([StepDone(i, 1, float(i % 2), 0.1) for i in range(1, 301)])
    first = run.smoothed(LOSS, 0.9)
    run.take([StepDone(i, 1, float(i % 2), 0.1) for i in range(301, 401)])
    assert run.smoothed(LOSS, 0.9) is first
    whole = ema(run.curves[LOSS].y, 0.9, run.curves[LOSS].y[0])
    np.testing.assert_allclose(first.y, whole)
    assert run.smoothed(LOSS, 0.0) is run.curves[LOSS]


@pytest.fixture
def plot(qtbot):
    made = CurvePlot("Loss")
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def test_redraws_are_gathered(plot, qtbot, monkeypatch):
    curve = Pyramid()
    plot.show_curves([Curve("a", "train", curve, "#ff0000")], "Step")
    plot.redraw()
    drawn = []
    monkeypatch.setattr(plot, "_item", lambda c, make=plot._item: drawn.append(1) or make(c))
    for i in range(100):
        curve.append(np.array([float(i)]), np.array([1.0]))
        plot.refresh()
    qtbot.waitUntil(lambda: bool(drawn), timeout=2000)
    assert len(drawn) == 1
    assert len(plot.listDataItems()[0].getOriginalDataset()[0]) == 100


def test_many_points_are_drawn_as_few(plot):
    curve = grown(np.random.default_rng(0).normal(size=50_000))
    plot.show_curves([Curve("a", "train", curve, "#ff0000")], "Step")
    plot.redraw()
    assert len(plot.listDataItems()[0].getOriginalDataset()[0]) <= 2 * plot.width() + 4


def test_zooming_in_shows_single_points_again(plot, qtbot):
    curve = grown(np.zeros(50_000))
    plot.show_curves([Curve("a", "train", curve, "#ff0000")], "Step")
    plot.redraw()
    plot.setXRange(100, 110, padding=0)
    qtbot.waitUntil(lambda: len(plot.listDataItems()[0].getOriginalDataset()[0]) < 20, timeout=2000)
    plot.fit_view()
    qtbot.waitUntil(lambda: len(plot.listDataItems()[0].getOriginalDataset()[0]) > 100, timeout=2000)


def seen(plot):
    return [round(edge) for edge in plot.getPlotItem().getViewBox().viewRange()[0]]


def test_the_view_follows_a_growing_curve_in_leaps_and_fits_one_that_is_new(plot):
    curve = grown(np.linspace(1, 0, 101))
    plot.show_curves([Curve("a", "train", curve, "#ff0000")], "Step")
    plot.redraw()
    first = seen(plot)
    assert first == [-3, 103]
    curve.append(np.array([110.0]), np.array([0.5]))
    plot.redraw()
    assert seen(plot)[1] == 132
    for step in (115.0, 130.0):
        curve.append(np.array([step]), np.array([0.5]))
        plot.redraw()
        assert seen(plot)[1] == 132
    plot.set_log(True)
    plot.redraw()
    assert seen(plot)[1] == 134


def test_a_view_that_was_zoomed_stays_where_it_is_until_it_is_fitted(plot):
    curve = grown(np.ones(101))
    plot.show_curves([Curve("a", "train", curve, "#ff0000")], "Step")
    plot.redraw()
    plot.setXRange(10, 20, padding=0)
    curve.append(np.array([500.0]), np.array([0.5]))
    plot.redraw()
    assert seen(plot) == [10, 20]
    plot.fit_view()
    plot.redraw()
    assert seen(plot) == [-15, 515]


def test_a_logarithmic_scale_leaves_out_what_has_no_logarithm(plot):
    curve = Pyramid()
    curve.append(np.arange(3.0), np.array([10.0, 0.0, 1000.0]))
    plot.show_curves([Curve("a", "train", curve, "#ff0000")], "Step")
    plot.set_log(True)
    plot.redraw()
    y = plot.listDataItems()[0].getData()[1]
    np.testing.assert_allclose(y[[0, 2]], [1, 3])
    assert np.isnan(y[1])


def test_names_from_files_are_no_rich_text(plot):
    plot.show_curves([Curve("a", "<b>run</b>", grown(np.zeros(3)), "#ff0000")], "Step")
    plot.redraw()
    assert "&lt;b&gt;" in plot._legend.items[0][1].text


@pytest.mark.parametrize(("name", "start"), [("p.png", b"\x89PNG"), ("p.svg", b"<?xml")])
def test_a_picture_is_saved(plot, tmp_path, name, start):
    plot.show_curves([Curve("a", "train", grown(np.arange(30.0)), "#ff0000")], "Step")
    plot.redraw()
    plot.save_picture(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [name]
