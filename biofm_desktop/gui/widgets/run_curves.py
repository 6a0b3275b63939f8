"""What a run told of its learning, as curves: filled by events, live or from its folder."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.events import Changed, EpochDone, Event, Measured, Started, StepDone

from .pyramid import Pyramid

LOSS, VALIDATION, RATE = "train loss", "validation loss", "learning rate"
GRADIENT, SPEED, MEMORY = "gradient norm", "samples a second", "memory (GB)"
#: What is no figure of an epoch.
_NO_METRICS = (LOSS, VALIDATION, RATE, GRADIENT, SPEED, MEMORY)
_BLOCK = 128


class RunCurves:
    """The curves of one run over its steps. ``epochs_per_step`` is 0 until it is known.

    ``metric`` is the figure that the run itself calls its first; ``metrics`` names all of them. ``marks`` says what was
    changed after which step.
    """

    def __init__(self, title: str) -> None:
        self.title, self.epochs_per_step, self.metric = title, 0.0, ""
        self.best: tuple[int, int] | None = None
        self.curves: dict[str, Pyramid] = {LOSS: Pyramid(), VALIDATION: Pyramid(), RATE: Pyramid()}
        self.marks: dict[int, str] = {}
        self._smooth: dict[str, tuple[float, Pyramid]] = {}
        self._step = 0

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the names of the figures of each epoch."""
        return tuple(name for name in self.curves if name not in _NO_METRICS)

    def take(self, events: Iterable[Event]) -> None:
        """Add what these events tell. Steps that a training repeats after a break take the place of the first ones."""
        points: dict[str, list[tuple[float, float]]] = {}
        for event in events:
            match event:
                case StepDone(step=step, loss=loss, learning_rate=rate, gradient=gradient):
                    if step <= self._step:
                        self._flush(points)
                        self._cut(step)
                    self._step = step
                    points.setdefault(LOSS, []).append((step, loss))
                    points.setdefault(RATE, []).append((step, rate))
                    if gradient is not None:
                        points.setdefault(GRADIENT, []).append((step, gradient))
                case Measured(step=step, samples_per_second=speed, memory=memory, graphics=graphics):
                    points.setdefault(SPEED, []).append((step, speed))
                    points.setdefault(MEMORY, []).append((step, (graphics or memory) / 1e9))
                case Changed(step=step, words=words):
                    self.marks[step] = words
                case EpochDone():
                    self._note_epoch(event, points)
                case Started(steps=steps, epochs=epochs, facts=facts):
                    self.epochs_per_step = epochs / steps if steps and epochs else self.epochs_per_step
                    self.metric = str(facts.get("metric", ""))
        self._flush(points)

    def smoothed(self, name: str, weight: float) -> Pyramid:
        """Return a curve with each value drawn towards those before it; ``weight`` from 0 (as it is) to below 1."""
        raw = self.curves[name]
        if weight <= 0:
            return raw
        known, made = self._smooth.get(name, (weight, Pyramid()))
        if known != weight or len(made) > len(raw):
            made = Pyramid()
        self._smooth[name] = (weight, made)
        done = len(made)
        if done < len(raw):
            last = made.y[-1] if done else raw.y[0]
            made.append(raw.x[done:], ema(raw.y[done:], weight, float(last)))
        return made

    def _note_epoch(self, event: EpochDone, points: dict[str, list[tuple[float, float]]]) -> None:
        if not self.epochs_per_step and event.step:
            self.epochs_per_step = event.epoch / event.step
        if event.best:
            self.best = (event.epoch, event.step)
        if event.validation_loss is not None:
            points.setdefault(VALIDATION, []).append((event.step, event.validation_loss))
        for name, value in event.metrics.items():
            points.setdefault(name, []).append((event.step, value))

    def _flush(self, points: dict[str, list[tuple[float, float]]]) -> None:
        for name, pairs in points.items():
            self._append(name, np.array(pairs, float))
        points.clear()

    def _cut(self, step: int) -> None:
        """Forget this step and all after it."""
        self._smooth.clear()
        for name, curve in self.curves.items():
            kept = curve.x < step
            if not kept.all():
                self.curves[name] = Pyramid()
                self.curves[name].append(curve.x[kept], curve.y[kept])

    def _append(self, name: str, pairs: NDArray[Any]) -> None:
        pairs = pairs[np.isfinite(pairs[:, 1])]  # a loss that is no number ends a run; it has no place in a plot
        if len(pairs):
            self.curves.setdefault(name, Pyramid()).append(pairs[:, 0], pairs[:, 1])


def as_table(runs: Iterable[RunCurves]) -> str:
    """Return all points of runs as CSV, one point a line."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("run", "quantity", "step", "epoch", "value"))
    for run in runs:
        for name, points in run.curves.items():
            for step, value in zip(points.x, points.y):
                epoch = f"{step * run.epochs_per_step:.6g}" if run.epochs_per_step else ""
                writer.writerow((run.title, name, int(step), epoch, f"{value:.9g}"))
    return table.getvalue()


def ema(values: NDArray[np.float64], weight: float, last: float) -> NDArray[np.float64]:
    """Return the exponential moving average of values that follow ``last``.

    In blocks of matrix products: scipy's filter gives the same, but its import would stall the window for 0.3 s.
    """
    lags = np.arange(_BLOCK)
    kernel = np.tril((1 - weight) * weight ** np.maximum(0, lags[:, None] - lags[None, :]))
    decay, averaged = weight ** (lags + 1), np.empty_like(values)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        n = len(part)
        averaged[start : start + n] = kernel[:n, :n] @ part + decay[:n] * last
        last = averaged[start + n - 1]
    return averaged
