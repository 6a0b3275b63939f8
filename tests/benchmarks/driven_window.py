"""The real window with a volume open, driven by the benchmarks: scrolled, timed, and with trainings in its child."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

TICK_MS = 20
PATIENCE = 120.0


class DrivenWindow:
    """Made once; its settings, projects and runs lie in ``home``."""

    def __init__(self, home: Path, data: Path) -> None:
        for variable, name in (
            ("BIOFM_CONFIG_DIR", "config"),
            ("BIOFM_CACHE_DIR", "cache"),
            ("BIOFM_PROJECTS_DIR", "projects"),
            ("NAPARI_CONFIG", "napari.yaml"),
        ):
            os.environ[variable] = str(home / name)
        from biofm_desktop.engine.runners import Child
        from biofm_desktop.gui.app import make_window
        from biofm_desktop.gui.main_window import MainWindow
        from biofm_desktop.gui.workers.job_center import JobCenter

        window = make_window(None)
        assert isinstance(window, MainWindow)
        self.window, self.child = window, Child()
        jobs = window.findChild(JobCenter)
        assert isinstance(jobs, JobCenter)
        self.jobs = jobs
        jobs._runner = self.child  # so that its process can be watched
        window.show()
        window.panels.bring("plots")
        viewer = window.centre.viewer.make()
        window.open_now(data)
        self.wait(lambda: window.ready and window.centre.viewer.key != "")
        self.canvas = viewer.window._qt_viewer.canvas._scene_canvas
        jobs.warm_up()
        self.wait_warm()

    def wait(self, until: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Let the window live until something is so."""
        loop, clock, limit = QEventLoop(), QTimer(), QTimer(singleShot=True)
        clock.timeout.connect(lambda: loop.quit() if until() else None)
        limit.timeout.connect(loop.quit)
        clock.start(5)
        limit.start(round(seconds * 1000))
        loop.exec()
        if not until():
            raise TimeoutError("it did not come to that")

    def rest(self, seconds: float) -> None:
        """Let the window live for so long."""
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def wait_warm(self) -> None:
        """Wait until the child has imported its libraries and the window is quiet."""
        self.wait(lambda: self.child.wait_warm(0))
        self.rest(0.5)

    def lateness(self, seconds: float) -> tuple[float, float]:
        """Return p99 and worst of how many milliseconds the ticks of a 20 ms timer come late."""
        late, before = [], time.perf_counter()
        timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)

        def tick() -> None:
            nonlocal before
            now = time.perf_counter()
            late.append(max(0.0, (now - before) * 1000 - TICK_MS))
            before = now

        timer.timeout.connect(tick)
        timer.start()
        self.rest(seconds)
        timer.stop()
        return float(np.percentile(late, 99)), max(late)

    def scroll(self, until: Callable[[], bool], pause_ms: int = 0) -> float:
        """Scroll through the volume, a slice as soon as the last one is drawn (or after a pause); slices per second."""
        viewer, dims = self.window.centre.viewer, self.window.centre.viewer.make().dims
        first, slices = dims.current_step[0], dims.nsteps[0]  # the slice that is shown would not be drawn again
        loop, shown, began = QEventLoop(), 0, time.perf_counter()

        def step() -> None:
            nonlocal shown
            if until():
                loop.quit()
                return
            shown += 1
            viewer.scroll_to((first + shown) % slices)

        def drawn(_: object) -> None:
            QTimer.singleShot(pause_ms, step)

        self.canvas.events.draw.connect(drawn)
        step()
        loop.exec()
        self.canvas.events.draw.disconnect(drawn)
        return shown / (time.perf_counter() - began)

    def close(self) -> None:
        """End the child and the window."""
        self.jobs.close(save=False)
        self.window.close()


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Return what says whether so long has passed from now."""
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end
