"""How the window feels while it trains, how soon it stands, and how soon a job is gone.

``.venv/bin/python tests/benchmarks window [--quick]``
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import made_up
import psutil
from driven_window import DrivenWindow, for_seconds
from measuring import REPEATS, Row, asked, interleaved, need_display, ratio, show
from PySide6.QtWidgets import QPushButton, QSpinBox

from biofm_desktop.engine.events import StepDone
from biofm_desktop.gui.workers.job_center import JobHandle

COMPILED = Path(tempfile.gettempdir()) / "biofm_benchmark_pycache"


class Trainings:
    """Starts trainings as a user does, and notes how long it takes to end them at once."""

    def __init__(self, folder: Path) -> None:
        self.driven = DrivenWindow(folder, made_up.volume(folder / "volume"))
        self.worst_idle = self.worst_training = self.steps_a_second = 0.0
        self.gone: list[float] = []
        self.told: list[float] = []
        # Many small steps: about as many events and redraws a second as the window ever gets.
        options = {"options.epochs": made_up.ENDLESS, "options.batch_size": 2, "options.crop": 32}
        for name, value in options.items():
            box = self.driven.window.findChild(QSpinBox, f"train.{name}")
            assert box is not None
            box.setValue(value)

    def start(self) -> JobHandle:
        """Click Start."""
        button = self.driven.window.findChild(QPushButton, "train.start")
        assert button is not None
        assert self.driven.window.work is not None
        button.click()
        handle = self.driven.window.work.train.handle
        assert handle is not None
        return handle

    def started(self) -> JobHandle:
        """Click Start and wait until it takes steps."""
        handle = self.start()
        self.driven.wait(lambda: any(isinstance(event, StepDone) for event in handle.events))
        return handle

    def end(self, handle: JobHandle) -> None:
        """Cancel and note when the process is gone and when the window knows."""
        assert self.driven.child.process_id is not None
        process, ends = psutil.Process(self.driven.child.process_id), list[float]()
        handle.finished.connect(lambda _: ends.append(time.perf_counter()))
        began = time.perf_counter()
        handle.kill()
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            self.driven.rest(0.001)
        self.gone.append(time.perf_counter() - began)
        self.driven.wait(lambda: bool(ends))
        self.told.append(ends[0] - began)
        if self.driven.window.desk.dialog is not None:
            self.driven.window.desk.dialog.accept()
        self.driven.wait_warm()

    def late_idle(self, seconds: float) -> float:
        """Return p99 of the ticks' lateness with no training, ms."""
        p99, worst = self.driven.lateness(seconds)
        self.worst_idle = max(self.worst_idle, worst)
        return p99

    def late_training(self, seconds: float) -> float:
        """Return p99 of the ticks' lateness while steps are taken, ms; the worst counts from the click on Start on."""
        handle = self.start()
        _, begin = self.driven.lateness(2.0)
        self.driven.wait(lambda: any(isinstance(event, StepDone) for event in handle.events))
        before = len(handle.events)
        p99, worst = self.driven.lateness(seconds)
        self.steps_a_second = (len(handle.events) - before) / seconds
        self.worst_training = max(self.worst_training, begin, worst)
        self.end(handle)
        return p99

    def slices_idle(self, seconds: float) -> float:
        """Return slices a second with no training."""
        return self.driven.scroll(for_seconds(seconds))

    def slices_training(self, seconds: float) -> float:
        """Return slices a second while it trains."""
        handle = self.started()
        found = self.driven.scroll(for_seconds(seconds))
        assert not handle.ended, handle.message
        self.end(handle)
        return found


def begun(mode: str, *words: str) -> float:
    """Return the seconds from starting a process until what was asked for is on the screen."""
    return times(mode, *words)[0]


def times(mode: str, *words: str) -> tuple[float, float, float]:
    """Return seconds to the screen: from the process's start, from its first line, and without its imports."""
    probe = [sys.executable, str(Path(__file__).with_name("start_probe.py")), mode, *words]
    with tempfile.TemporaryDirectory() as home:
        # Modules compiled beforehand, as in an installed program; PYTHONDONTWRITEBYTECODE doubles every start.
        folders = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(COMPILED)}
        names = {"BIOFM_CONFIG_DIR": "config", "BIOFM_CACHE_DIR": "cache", "BIOFM_PROJECTS_DIR": "projects"}
        folders |= {variable: str(Path(home) / name) for variable, name in names.items()}
        began = time.time()
        done = subprocess.run(
            probe, env=os.environ | folders, check=True, timeout=120, stdout=subprocess.PIPE, text=True
        )
    first, imported, shown = map(float, done.stdout.split()[-3:])
    return shown - began, shown - first, shown - imported


def start_rows(folder: Path, repeats: int) -> list[Row]:
    """Measure how soon the frame and a first image stand."""
    image = str(made_up.picture(folder / "picture.png"))
    frames: list[tuple[float, float, float]] = []

    def frame() -> float:
        frames.append(times("frame"))
        return frames[-1][0]

    conditions: dict[str, Callable[[], float]] = {
        "frame, s": frame,
        "first image, ours, s": lambda: begun("ours", image),
        "first image, napari, s": lambda: begun("napari", image),
    }
    for warm in conditions.values():  # files into the disk cache, modules compiled
        warm()
    frames.clear()
    found = interleaved(conditions, repeats)
    whole, own, without = (statistics.median(part) for part in zip(*frames))
    ours, bare = (found[f"first image, {who}, s"] for who in ("ours", "napari"))
    beside = f"bare napari {statistics.median(bare):.2f} s, ours {statistics.median(ours):.2f} s"
    return [
        Row("frame on the screen, from the start of the process", whole, "s", "", 1.0, "at most"),
        Row("frame on the screen, from Python's first line", own, "s", ""),
        Row("frame on the screen, imports left out", without, "s", ""),
        Row("first image on the screen / bare napari", ratio(ours, bare), "", beside, 1.3, "at most"),
    ]


def window_rows(folder: Path, quick: bool, repeats: int) -> list[Row]:
    """Measure the window while it trains."""
    own = Trainings(folder)
    late, scrolled = (6.0, 3.0) if quick else (12.0, 6.0)
    found = interleaved(
        {
            "ticks, idle: p99 ms": lambda: own.late_idle(late),
            "ticks, training: p99 ms": lambda: own.late_training(late),
            "scrolling, idle: slices/s": lambda: own.slices_idle(scrolled),
            "scrolling, training: slices/s": lambda: own.slices_training(scrolled),
        },
        repeats,
    )
    own.driven.close()
    idle, training = (statistics.median(found[f"ticks, {how}: p99 ms"]) for how in ("idle", "training"))
    still, busy = (found[f"scrolling, {how}: slices/s"] for how in ("idle", "training"))
    beside = f"idle {statistics.median(still):.1f} slices/s"
    return [
        Row(
            "20 ms tick while training: p99 late, over idle",
            training - idle,
            "ms",
            f"idle {idle:.1f} ms, {own.steps_a_second:.0f} steps/s",
            5.0,
            "at most",
        ),
        Row(
            "20 ms tick while training: worst, the start included",
            own.worst_training,
            "ms",
            f"idle {own.worst_idle:.1f} ms",
            250.0,
            "at most",
        ),
        Row("slices a second while training / idle", ratio(busy, still), "", beside, 0.80),
        Row(
            "cancel to process gone, worst",
            max(own.gone),
            "s",
            f"median {statistics.median(own.gone):.3f}",
            1.0,
            "at most",
        ),
        Row("cancel to window told, worst", max(own.told), "s", f"median {statistics.median(own.told):.3f}"),
    ]


def main() -> None:
    """Print the table."""
    quick = asked(__doc__)
    need_display()
    repeats = 1 if quick else REPEATS
    with tempfile.TemporaryDirectory() as name:
        rows = start_rows(Path(name), repeats) + window_rows(Path(name), quick, repeats)
    show("Window", rows)


if __name__ == "__main__":
    main()
