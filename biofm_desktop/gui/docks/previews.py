"""The page of pinned samples: what a training said of each after every epoch."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.previews import FOLDER, Look, Part, read_mask
from biofm_desktop.engine.samples import ImageSample, Sample
from biofm_desktop.gui.layers import class_colour
from biofm_desktop.gui.theme import theme_bus, theme_colours
from biofm_desktop.gui.widgets.epoch_lines import EpochLines, Line
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip
from biofm_desktop.gui.widgets.preview_view import PreviewView
from biofm_desktop.gui.widgets.saved_widget import save_widget
from biofm_desktop.gui.workers.call_worker import CallWorker
from biofm_desktop.gui.workers.preview_base import Base, laid_over, read_base

_NOTHING = (
    "Pin a sample (P, or the menu of the samples list): each training that starts then predicts it after every epoch."
)
_WAITING = "After the first epoch stands here what the model says of the pinned samples."
_MOST_LINES = 8


class PreviewsPage(QWidget):
    """Shows a pinned sample after the epoch that the slider names; at its end it follows the training.

    ``sample_of`` gives the sample of a key (None: the project holds none), so that its picture and label can be shown.
    """

    failed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sample_of: Callable[[str], Sample | None] = lambda _: None
        self.folder: Path | None = None
        self._looks: dict[str, dict[int, Look]] = {}
        self._bases: dict[tuple[str, Part], Base | None] = {}
        tip = "Which of the pinned samples to show"
        self._samples = named(QComboBox(), "previews.sample", "Pinned sample", tip)
        self._samples.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._samples.setMaximumWidth(170)
        tip = "After which epoch to look at the sample (arrow keys); at its end it follows the training"
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "previews.epoch", "Epoch", tip)
        tip = "Show the edges of the label in white over what is predicted"
        self._edges = named(QCheckBox("Label"), "previews.edges", "Edges of the label", tip)
        self._edges.setChecked(True)
        self._words = named(plain_label(wrap=False), "previews.words", "Prediction", "What the model said")
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long words widen no panel
        self._empty = named(plain_label(), "previews.empty", "What to do", "How a sample comes here")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("role", "faint")
        self._view = named(PreviewView(), "previews.view", "Prediction", "White edges are those of the label")
        self._lines = named(EpochLines(), "previews.lines", "Over the epochs", "What was said after each epoch")
        self._body = QWidget()
        self._lay_out()
        self._samples.currentIndexChanged.connect(self._choose_sample)
        self._slider.valueChanged.connect(self._show)
        self._edges.toggled.connect(self._show)
        theme_bus().changed.connect(self._show)
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self.begin_run(None)

    def begin_run(self, folder: Path | None) -> None:
        """Show what the run of this folder will say; nothing yet."""
        self.folder = folder
        self._looks.clear()
        self._bases.clear()
        self._offer()

    def show_pins(self, count: int) -> None:
        """Say what the user can do while there is nothing to look at."""
        self._empty.setText(_WAITING if count else _NOTHING)

    def add(self, looks: Iterable[Look]) -> None:
        """Add what was said; the slider follows where it stood at its end."""
        key = self._samples.currentText()
        for look in looks:
            self._looks.setdefault(look.key, {})[look.epoch] = look
        if list(self._looks) != [self._samples.itemText(n) for n in range(self._samples.count())]:
            self._offer(key)
        else:
            self._choose_sample()

    def save_picture(self, path: Path) -> None:
        """Write what is shown as PNG or SVG; raise `Fault` where the disk does not let us."""
        save_widget(self._body, path)

    def _lay_out(self) -> None:
        top, body, whole = QHBoxLayout(), QHBoxLayout(self._body), QVBoxLayout(self)
        for layout in (top, body, whole):
            layout.setContentsMargins(6, 2, 6, 2)
        top.addWidget(self._samples)
        top.addWidget(self._slider, 1)
        top.addWidget(self._words, 2)
        top.addWidget(self._edges)
        body.addWidget(self._view, 2)
        body.addWidget(self._lines, 3)
        whole.addLayout(top)
        whole.addWidget(self._body, 1)
        whole.addWidget(self._empty, 1)

    def _offer(self, chosen: str = "") -> None:
        """Offer the samples that something was said of."""
        self._samples.blockSignals(True)
        self._samples.clear()
        self._samples.addItems(list(self._looks))
        self._samples.setCurrentIndex(max(0, self._samples.findText(chosen)) if self._looks else -1)
        self._samples.blockSignals(False)
        for widget in (self._samples, self._slider, self._words, self._body):
            widget.setVisible(bool(self._looks))
        self._edges.setVisible(False)
        self._empty.setVisible(not self._looks)
        self._choose_sample()

    def _choose_sample(self) -> None:
        """Let the slider reach from the first to the last epoch of the sample."""
        epochs = self._of_sample
        slider, follows = self._slider, self._slider.value() == self._slider.maximum()
        slider.blockSignals(True)
        slider.setRange(min(epochs, default=0), max(epochs, default=0))
        if follows:
            slider.setValue(slider.maximum())
        slider.blockSignals(False)
        slider.setEnabled(len(epochs) > 1)
        self._show()

    @property
    def _of_sample(self) -> dict[int, Look]:
        return self._looks.get(self._samples.currentText(), {})

    def _show(self) -> None:
        looks, epoch = self._of_sample, self._slider.value()
        look = looks.get(epoch)
        if look is None:  # the epoch was left out, or nothing was said yet
            self._words.setText(f"Epoch {epoch}: no preview" if looks else "")
            self._view.show_look(None, {})
            return
        sure = f" ({look.confidence:.0%} sure)" if look.confidence is not None else ""
        self._words.setText(f"Epoch {epoch} of {max(looks)}: {look.text}{sure}")
        self._words.setToolTip(plain_tip(f"{look.key}: {look.text}{sure}"))
        sample = self.sample_of(look.key)
        self._edges.setVisible(bool(look.mask) and isinstance(sample, ImageSample) and sample.mask is not None)
        target = sample.target if sample is not None else None
        label = "" if target is None else f"{target:.4g}" if isinstance(target, float) else str(target)
        colours = _colours(look, label)
        self._view.show_look(look, colours, label, self._picture(look, sample))
        if look.value is not None:
            points = {at: each.value for at, each in looks.items() if each.value is not None}
            truth = float(target) if isinstance(target, float | int) else None
            self._lines.show_lines([Line("predicted", theme_colours().curves[0], points)], epoch, truth=truth)
        else:
            lines = [
                Line(name, colour, {at: each.shares.get(name, 0.0) for at, each in looks.items()})
                for name, colour in colours.items()
            ]
            self._lines.show_lines(lines, epoch, None if look.mask else (0.0, 1.0), shares=True)

    def _picture(self, look: Look, sample: Sample | None) -> NDArray[np.uint8] | None:
        if not look.mask or self.folder is None:
            return None
        place = look.key, look.part
        if isinstance(sample, ImageSample) and place not in self._bases:
            self._bases[place] = None  # asked for
            worker = CallWorker(partial(read_base, sample, look.part))
            worker.returned.connect(partial(self._take_base, self.folder, place))
            worker.failed.connect(self.failed)
            worker.begin()
        try:  # a PNG of at most 512 pixels a side: 2 ms
            mask = read_mask(self.folder / FOLDER / look.mask)
            return laid_over(self._bases.get(place), mask, edges=self._edges.isChecked())
        except Fault as fault:
            self._words.setText(fault.message)
            return None

    def _take_base(self, folder: Path, place: tuple[str, Part], base: Base) -> None:
        if folder == self.folder:
            self._bases[place] = base
            self._show()


def _colours(look: Look, label: str) -> dict[str, str]:
    """Return the colours of shares: those of the classes in pictures, else those of curves.

    The largest shares come first, after that of the label; of many only these.
    """
    curves = theme_colours().curves
    if look.mask:
        found = {name: class_colour(value) for value, name in enumerate(look.classes) if value}
    else:
        found = {name: curves[place % len(curves)] for place, name in enumerate(look.shares)}
    ranked = sorted(found, key=lambda name: (name != label, -look.shares.get(name, 0.0)))[:_MOST_LINES]
    return {name: found[name] for name in ranked}
