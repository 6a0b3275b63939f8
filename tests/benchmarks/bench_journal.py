"""What the journal costs: a stroke's time, its size on the disk, reopening after 100,000 strokes; painting with and
without it.

.venv/bin/python tests/benchmarks/bench_journal.py [--quick]
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from measuring import REPEATS, Row, asked, interleaved, load, need_display, ratio
from PIL import Image

SIZE, BRUSH = 2048, 10


def made_up(room: Path, size: int) -> Path:
    """Write one picture with an empty label; return the folder."""
    random = np.random.default_rng(0)
    for name, pixels in (
        ("images", random.integers(0, 255, (size, size), np.uint8)),
        ("labels", np.zeros((size, size), np.uint8)),
    ):
        (room / name).mkdir(parents=True)
        Image.fromarray(pixels).save(room / name / "big.png")
    return room


def many_strokes(room: Path, count: int) -> list[Row]:
    """Paint so many discs into one picture, close, and open again."""
    from biofm_desktop.engine.project import Project

    data = made_up(room / "data", SIZE)
    project = Project.for_data([data], room / "project")
    mask = project.sample("big").mask.read().astype(np.uint8)
    y, x = np.ogrid[-BRUSH : BRUSH + 1, -BRUSH : BRUSH + 1]
    disc, random, took, changed = (x * x + y * y) <= BRUSH * BRUSH, np.random.default_rng(1), [], 0
    edits = 0
    for number in range(count):
        top, left = random.integers(0, SIZE - 2 * BRUSH - 1, 2)
        where = (slice(top, top + 2 * BRUSH + 1), slice(left, left + 2 * BRUSH + 1))
        before = mask[where][disc]
        mask[where][disc] = number % 250 + 1
        differ = int((before != number % 250 + 1).sum())
        changed, edits = changed + differ, edits + bool(differ)
        began = time.perf_counter()
        project.set_mask("big", mask, where)
        took.append((time.perf_counter() - began) * 1000)
    project.close()
    size = (room / "project" / "project.db").stat().st_size
    began = time.perf_counter()
    again = Project.open(room / "project")
    same = np.array_equal(again.sample("big").mask.read(), mask)
    reopened = time.perf_counter() - began
    assert same
    assert len(again.history[0]) == edits
    again.close()
    began = time.perf_counter()
    for path in (room / "project" / "labels").rglob("c/*"):
        path.unlink() if path.is_file() else None
    again = Project.open(room / "project")
    again.sample("big").mask.read()
    again.close()
    return [
        Row(f"a stroke of {count:,}, median", statistics.median(took), "ms", "none", 0.07, "at most"),
        Row("a stroke, 99th percentile", float(np.percentile(took, 99)), "ms", "none"),
        Row("journal over changed label bytes", size / changed, "", "one byte a changed pixel", 3.0, "at most"),
        Row(f"reopened after {count:,} strokes", reopened, "s", "none", 5.0, "at most"),
    ]


def painting(room: Path, repeats: int, strokes: int) -> Row:
    """Paint with napari's brush in our window, with the journal and with nothing listening."""
    for name in ("CONFIG", "CACHE", "PROJECTS"):
        os.environ[f"BIOFM_{name}_DIR"] = str(room / name.lower())
    os.environ["NAPARI_CONFIG"] = str(room / "napari.yaml")
    from biofm_desktop.gui.app import make_window

    window = make_window(None)
    window.show()
    window.open_now(made_up(room / "painted", 1024))
    window.wait_until_ready()
    viewer = window.centre.viewer
    viewer.set_tool("paint")
    layer = viewer._labels
    layer.brush_size = 2 * BRUSH
    random = np.random.default_rng(2)
    from PySide6.QtWidgets import QApplication

    def paint() -> float:
        took = []
        for number in range(strokes):
            place = tuple(int(value) for value in random.integers(BRUSH, 1024 - BRUSH, 2))
            began = time.perf_counter()
            layer.paint(place, number % 200 + 1)
            QApplication.processEvents()
            took.append((time.perf_counter() - began) * 1000)
        return statistics.median(took)

    def bare() -> float:
        viewer.blockSignals(True)
        try:
            return paint()
        finally:
            viewer.finish_stroke()
            viewer.blockSignals(False)
            viewer._set_labels_data(window.project.sample("big").mask.read())

    found = interleaved({"painting, nothing kept": bare, "painting, journaled": paint}, repeats)
    window.close()
    figure = ratio(found["painting, journaled"], found["painting, nothing kept"])
    return Row("painting with the journal", figure, "times", "napari's brush in the same window", 1.2, "at most")


def main() -> None:
    """Measure and print."""
    quick = asked(__doc__ or "")
    need_display()
    with tempfile.TemporaryDirectory(prefix="bench_journal_") as room:
        rows = many_strokes(Path(room) / "many", 5_000 if quick else 100_000)
        rows.append(painting(Path(room), 1 if quick else REPEATS, 30 if quick else 100))
    print(f"\nload {load()}")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
