"""Half an hour of work: train, pause, edit, go on, stop, predict, accept, undo, in turn; what does it cost the window?

``.venv/bin/python tests/benchmarks soak [--quick] [--minutes=30]``. Tells how memory of window and child grew from the
first tenth to the last, how many steps of the trainings are missing in the curves, and the longest time that the window
did not answer.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import made_up
import numpy as np
import psutil
from driven_window import TICK_MS, DrivenWindow
from measuring import Row, need_display, show
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

#: So many steps of each training before it is stopped.
STEPS = 40
TURNS_AT_LEAST = 3


class Soak:
    """The window, and what was noted of it."""

    def __init__(self, home: Path) -> None:
        self.driven = DrivenWindow(home, made_up.pictures(home / "pictures", 24, 128))
        self.window, self.late, self.missing, self.turns = self.driven.window, 0.0, 0, 0
        self.doing, self.at = "", ""
        self.window_memory: list[int] = []
        self.child_memory: list[int] = []
        self._last = time.perf_counter()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        model = self._find("train.model", QComboBox)
        model.setCurrentIndex(model.findData("unet"))
        scope = self._find("predict.scope", QComboBox)
        scope.setCurrentIndex(0)  # the sample that is shown
        self._find("train.options.crop", QSpinBox).setValue(64)
        self._find("train.options.epochs", QSpinBox).setValue(9999)

    def run(self, seconds: float) -> None:
        """Work in turns for so long."""
        end = time.perf_counter() + seconds
        self._last = time.perf_counter()
        self._timer.start()
        while time.perf_counter() < end or self.turns < TURNS_AT_LEAST:
            self._turn()
            self.turns += 1
            self.window_memory.append(psutil.Process().memory_info().rss)
            process = self.driven.child._process
            self.child_memory.append(psutil.Process(process.popen.pid).memory_info().rss if process else 0)
            left = f"{(end - time.perf_counter()) / 60:.1f} min left"
            latest = f"latest {self.late:.2f} s ({self.at})"
            print(
                f"  turn {self.turns}: window {self.window_memory[-1] / 1e6:.0f} MB, child "
                f"{self.child_memory[-1] / 1e6:.0f} MB, {latest}, missing {self.missing}, {left}",
                flush=True,
            )
        self._timer.stop()

    def _turn(self) -> None:
        assert self.window.work is not None
        flow = self.window.work.train
        self._press("train.start")
        self.driven.wait(lambda: flow.handle is not None and self._plotted() >= STEPS // 2)
        handle = flow.handle
        assert handle is not None
        self._press("train.pause")
        self.driven.wait(lambda: handle.state == "paused")
        self._edit()
        self._press("train.pause")
        self.driven.wait(lambda: self._plotted() >= STEPS)
        self._press("train.stop")
        self.driven.wait(lambda: handle.ended)
        self.driven.rest(0.6)
        self.doing = "count"
        self._count(Path(handle.job.out))  # type: ignore[attr-defined]
        self._press("predict.start")
        self.driven.wait(lambda: self.window.bench.prediction is not None)
        self.doing = "accept"
        self.window.bench.accept()
        self.window.bench.undo()

    def _edit(self) -> None:
        """Paint on the sample that is shown, take it back, and go to the next one."""
        bench = self.window.bench
        sample = bench.sample
        assert sample is not None
        mask = np.array(sample.mask.read())  # type: ignore[attr-defined]
        mask[:8, :8] = 1 - mask[:8, :8]
        self.doing = "paint"
        bench.set_mask(sample.key, mask, (slice(0, 8), slice(0, 8)), "painted by the soak")
        bench.undo()
        self._press("samples.next")
        self.driven.rest(0.3)

    def _plotted(self) -> int:
        """Return how many steps the curve of the training shows."""
        assert self.window.work is not None
        plots = self.window.work.plots
        run = plots._runs.get(plots._live)
        return len(run.curves["train loss"]) if run is not None else 0

    def _count(self, folder: Path) -> None:
        lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
        steps = sum(json.loads(line).get("event") == "StepDone" or '"StepDone"' in line for line in lines)
        self.missing += abs(steps - self._plotted())

    def _tick(self) -> None:
        now = time.perf_counter()
        late, self._last = now - self._last - TICK_MS / 1000, now
        if late > self.late:
            self.late, self.at = late, self.doing

    def _press(self, name: str) -> None:
        self.doing = name
        action = self.window.findChild(QAction, name)
        if action is not None:
            action.trigger()
            return
        button = self.window.findChild(QWidget, name)
        assert button is not None, name
        self.driven.wait(button.isEnabled)
        button.click()  # type: ignore[attr-defined]

    def _find(self, name: str, kind: type) -> QWidget:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found


def growth(values: list[int]) -> float:
    """Return the median of the last tenth over that of the first, the very first turn left out."""
    values = values[1:] or values
    part = max(1, len(values) // 10)
    return float(np.median(values[-part:]) / np.median(values[:part]))


def main() -> None:
    """Print the table."""
    need_display()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few turns, to see that it works")
    parser.add_argument("--minutes", type=float, default=30.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(Path(name))
        soak.run(0 if given.quick else given.minutes * 60)
        turns = f"{soak.turns} turns"
        show(
            "Soak",
            [
                Row("memory of the window, last over first", growth(soak.window_memory), "", turns, 1.10, "at most"),
                Row("memory of the child, last over first", growth(soak.child_memory), "", turns, 1.10, "at most"),
                Row("steps missing in the curves", soak.missing, "steps", turns, 0, "at most"),
                Row("longest time without an answer", soak.late, "s", turns, 1.0, "at most"),
            ],
        )
        os._exit(0)


if __name__ == "__main__":
    main()
