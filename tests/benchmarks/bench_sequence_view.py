"""Paint time of the sequence view, 10 kb beside 10 Mb, while scrolling and zooming. Run it as a script.

Prints median and 99th percentile in milliseconds and the ratio of 10 Mb to 10 kb; both are painted in turn in one run.
"""

import os
import statistics
import time
from collections.abc import Iterator

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from biofm_desktop.engine.samples import Feature, SequenceSample
from biofm_desktop.gui.widgets.sequence_view import SequencePanel
from biofm_desktop.gui.widgets.sequence_view.search import Pattern, hits

SIZES = {"10 kb": 10_000, "10 Mb": 10_000_000}
STEPS = 150


def made_up(length: int) -> SequenceSample:
    """Return random letters with a feature in each 200 letters (10 Mb: 50,000 of them)."""
    rng = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, length)].tobytes().decode()
    # Rows as deep in both, else the shorter one shows more letters below them.
    starts = np.arange(length // 200) * 200
    sizes = 30 + np.arange(len(starts)) % 7 * 140
    kinds = ("CDS", "gene", "exon", "repeat_region")
    features = tuple(
        Feature(int(start), int(min(length, start + size)), kinds[i % 4], f"feature {i}", 1 - 2 * (i % 2))
        for i, (start, size) in enumerate(zip(starts, sizes, strict=True))
    )
    return SequenceSample(key=f"{length:,}", letters=letters, features=features)


def made_up_scores(length: int) -> np.ndarray:
    """Return a walk with gaps."""
    scores = np.cumsum(np.random.default_rng(2).normal(size=length)).astype(np.float32)
    scores[length // 3 : length // 3 + length // 50] = np.nan
    return scores


def panel_of(length: int) -> SequencePanel:
    """Return the panel with a sequence of this length, as large as on a small laptop."""
    panel = SequencePanel()
    panel.resize(1366, 620)
    started = time.perf_counter()
    panel.show_sample(made_up(length))
    panel.set_scores(made_up_scores(length), "score")
    panel.show()
    panel.grab()
    print(f"{length:>10,} letters: made, opened and first painted in {time.perf_counter() - started:.2f} s")
    return panel


def scrolls(panel: SequencePanel, letter: float) -> Iterator[None]:
    """Scroll by 40 pixels at a time at a zoom (pixels of a letter)."""
    view = panel.view
    view.zoom_fit()
    view.zoom(letter / view.scale.letter, 600.0)
    for step in range(STEPS):
        view.set_scale(view.scale.moved(view.scale.length * 0.3 + step * 40 / view.scale.letter))
        yield


def zooms(panel: SequencePanel) -> Iterator[None]:
    """Zoom from everything to letters and back."""
    view = panel.view
    view.zoom_fit()
    closest = 26.0 / view.scale.letter
    for step in range(STEPS):
        share = 1 - abs(2 * step / (STEPS - 1) - 1)
        view.zoom_fit()
        view.zoom(closest**share, 600.0)
        yield


def paint_times(one: Iterator[None], other: Iterator[None], panels: list[SequencePanel]) -> list[list[float]]:
    """Return the milliseconds of each paint of both panels, painted in turn."""
    times: list[list[float]] = [[], []]
    image = QImage(panels[0].view.viewport().size(), QImage.Format.Format_ARGB32_Premultiplied)
    for _ in zip(one, other, strict=True):
        for place, panel in enumerate(panels):
            started = time.perf_counter()
            panel.view.viewport().render(image)
            times[place].append((time.perf_counter() - started) * 1e3)
    return times


def main() -> None:
    """Print the table."""
    application = QApplication.instance() or QApplication([])
    panels = [panel_of(length) for length in SIZES.values()]
    runs = {f"scroll, {letter:g} px a letter": (lambda p, w=letter: scrolls(p, w)) for letter in (20, 4, 0.2)}
    print(f"\n{'':24}{'10 kb median':>14}{'p99':>8}{'10 Mb median':>14}{'p99':>8}{'ratio of medians':>18}   (ms)")
    for name, moves in {**runs, "zoom, all to letters": zooms}.items():
        small, large = paint_times(moves(panels[0]), moves(panels[1]), panels)
        medians = statistics.median(small), statistics.median(large)
        p99s = np.percentile(small, 99), np.percentile(large, 99)
        print(
            f"{name:24}{medians[0]:14.2f}{p99s[0]:8.2f}{medians[1]:14.2f}{p99s[1]:8.2f}{medians[1] / medians[0]:18.2f}"
        )
    far = panels[1]
    far.view.zoom_fit()
    image = QImage(far.view.viewport().size(), QImage.Format.Format_ARGB32_Premultiplied)
    whole = []
    for _ in range(30):
        started = time.perf_counter()
        far.view.viewport().render(image)
        whole.append((time.perf_counter() - started) * 1e3)
    print(f"{'10 Mb whole, 50,000 features':46}{statistics.median(whole):6.2f}{max(whole):8.2f}")
    for text in ("GAATTC", "NNRYNGATN"):
        pieces = []
        search = hits(far.view.content.codes, Pattern.parse(text, "dna", both=True))
        started = time.perf_counter()
        while next(search, None) is not None:
            pieces.append((time.perf_counter() - started) * 1e3)
            started = time.perf_counter()
        print(
            f"search {text:12} in 10 Mb, both strands: {sum(pieces):6.0f} ms in pieces of at most {max(pieces):.0f} ms"
        )
    application.quit()


if __name__ == "__main__":
    main()
