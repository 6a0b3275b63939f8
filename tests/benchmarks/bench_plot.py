"""How long a live redraw of 10^6 points takes: our plot beside plain pyqtgraph, interleaved in one run.

Run under a display: ``xvfb-run -a .venv/bin/python tests/benchmarks/bench_plot.py``.
"""

import statistics
import sys
import time

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from biofm_desktop.engine.events import StepDone
from biofm_desktop.gui.docks.plots import PlotsPanel

POINTS, ROUNDS, NEW = 1_000_000, 60, 20


def timed(draw):
    """Return the milliseconds of a call: on the clock, and of this process's own work (other programs aside)."""
    began, worked = time.perf_counter(), time.process_time()
    draw()
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def main():
    """Print median, 99th percentile and processor time of both, and their ratio."""
    application = QApplication(sys.argv)
    losses = 1 / np.sqrt(1 + np.arange(POINTS + ROUNDS * NEW) / 500) + np.random.default_rng(0).normal(
        0, 0.05, POINTS + ROUNDS * NEW
    )
    events = [StepDone(i + 1, 1 + i // 1000, float(loss), 0.001) for i, loss in enumerate(losses)]
    panel, plain = PlotsPanel(), pg.PlotWidget()
    for widget in (panel, plain):
        widget.resize(700, 360)
        widget.show()
    panel.begin_run("run", "run")
    panel.take(events[:POINTS])
    curve = plain.plot()
    application.processEvents()
    plot = panel.findChild(pg.PlotWidget, "train.plot")
    ours, theirs = [], []
    for i in range(ROUNDS):
        end = POINTS + (i + 1) * NEW

        def draw_ours(end=end):
            panel.take(events[end - NEW : end])
            plot.redraw()
            plot.viewport().repaint()

        def draw_plain(end=end):
            curve.setData(losses[:end])
            plain.viewport().repaint()

        ours.append(timed(draw_ours))
        if i % 6 == 0:
            theirs.append(timed(draw_plain))
        application.processEvents()
    for name, values in (("ours", ours), ("plain pyqtgraph", theirs)):
        clock, work = zip(*values)
        middle, worst, own = statistics.median(clock), np.percentile(clock, 99), statistics.median(work)
        print(f"{name:16} median {middle:6.2f} ms   p99 {worst:6.2f} ms   processor {own:6.2f} ms   n={len(values)}")
    ratio = statistics.median(t for t, _ in theirs) / statistics.median(t for t, _ in ours)
    print(f"plain / ours {ratio:.1f}; aim: median of ours at most 20 ms")


if __name__ == "__main__":
    main()
