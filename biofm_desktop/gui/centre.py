"""The middle of the window: the welcome page, napari, the sequence panel or a page of text, as the sample asks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from biofm_desktop.engine.predictions import CurvePrediction, Prediction
from biofm_desktop.engine.samples import ImageSample, Sample, SequenceSample

from .docks.sample_model import label_text
from .layers import overlays, words
from .viewer import Viewer
from .widgets.plain_page import PlainPage
from .widgets.welcome import WelcomePage
from .workers.pixel_reader import PixelReader, Pixels

if TYPE_CHECKING:
    from .widgets.sequence_view import SequencePanel


class Centre(QStackedWidget):
    """Shows one sample; its pixels are read in a thread, and only the last one asked for is shown."""

    read_failed = Signal(object)
    sequence_ready = Signal(object)
    cell_edited = Signal(str, str)
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("centre")
        self.welcome, self.viewer, self.plain = WelcomePage(), Viewer(), PlainPage()
        self.sequence: SequencePanel | None = None
        self.reader = PixelReader(self)
        self.reading = False
        self._prediction: Prediction | None = None
        self._paintable = False
        self._sample: Sample | None = None
        self.addWidget(self.welcome)
        self.addWidget(self.viewer)
        self.addWidget(self.plain)
        self.plain.cell_edited.connect(self.cell_edited)
        self.reader.read.connect(self._show_pixels)
        self.reader.failed.connect(self._tell_failure)

    def show_sample(
        self,
        sample: Sample,
        neighbours: Sequence[Sample],
        prediction: Prediction | None,
        *,
        paintable: bool,
    ) -> None:
        """Show a sample; an image appears once it is read. ``neighbours`` are read ahead."""
        self._sample, self._prediction, self._paintable = sample, prediction, paintable
        if isinstance(sample, ImageSample):
            self.reading = True
            self.reader.ask(sample, [n for n in neighbours if isinstance(n, ImageSample)])
        elif isinstance(sample, SequenceSample):
            panel = self.sequence_panel()
            panel.show_sample(sample)
            self._show_scores(panel)
            self.setCurrentWidget(panel)
            self.shown.emit()
        else:
            self.reader.forget()
            self.reading = False
            self.plain.show_sample(sample, _note(sample, prediction))
            self.setCurrentWidget(self.plain)
            self.shown.emit()

    def update_sample(self, sample: Sample, prediction: Prediction | None) -> None:
        """Show what changed of the sample, other than its mask."""
        self._sample, self._prediction = sample, prediction
        if isinstance(sample, SequenceSample) and self.sequence is not None:
            self.sequence.show_sample(sample)
        elif self.currentWidget() is self.plain:
            self.plain.show_sample(sample, _note(sample, prediction))
        elif self.viewer.key == sample.key:
            self.viewer.show_note(_note(sample, prediction))

    def picture(self) -> bytes:
        """Return a small PNG of what is shown; empty where nothing is."""
        if self.currentWidget() is self.welcome:
            return b""
        image = self.viewer.picture() if self.currentWidget() is self.viewer else self.grab().toImage()
        data = QBuffer()
        data.open(QBuffer.OpenModeFlag.WriteOnly)
        small = image.scaled(224, 144, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        small.save(data, "PNG")  # type: ignore[call-overload]
        return bytes(data.data().data())

    def show_mask(self, sample: Sample) -> None:
        """Show the sample's mask as it is now."""
        if isinstance(sample, ImageSample):
            self.show_sample(sample, (), self._prediction, paintable=self._paintable)

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Show what a model says of the sample."""
        self._prediction = prediction
        if self.sequence is not None and self.currentWidget() is self.sequence:
            self._show_scores(self.sequence)
        elif self._sample is not None and self.currentWidget() is self.plain:
            self.plain.show_sample(self._sample, _note(self._sample, prediction))
        elif self._sample is not None and self.viewer.key == self._sample.key:
            self.viewer.show_overlays(overlays(prediction))
            self.viewer.show_note(_note(self._sample, prediction))

    def fit(self) -> None:
        """Show the whole image or sequence."""
        if self.sequence is not None and self.currentWidget() is self.sequence:
            self.sequence.view.zoom_fit()
        elif self.currentWidget() is not self.plain:
            self.viewer.fit()

    def clear(self) -> None:
        """Show nothing of the data that was open."""
        self.reader.forget()
        self.reading, self._sample, self._prediction = False, None, None
        self.viewer.clear()
        self.plain.clear()
        if self.sequence is not None:
            self.sequence.clear()
        self.setCurrentWidget(self.welcome)

    def close_centre(self) -> None:
        """End the reading thread and take napari down."""
        self.reader.close()
        self.viewer.close_viewer()

    @Slot(object)
    def _show_pixels(self, pixels: Pixels) -> None:
        self.reading = False
        note = _note(pixels.sample, self._prediction)
        self.viewer.show_sample(pixels, paintable=self._paintable, note=note)
        self.viewer.show_overlays(overlays(self._prediction))
        if self.currentWidget() is not self.viewer:
            self.setCurrentWidget(self.viewer)
            QTimer.singleShot(0, self.viewer, self.viewer.fit)  # its size is known from now on
        self.shown.emit()

    @Slot(str, object)
    def _tell_failure(self, key: str, fault: object) -> None:
        self.reading = False
        self.viewer.clear()
        self.viewer.show_note(f"{key} cannot be read")
        self.setCurrentWidget(self.viewer)
        self.read_failed.emit(fault)

    def _show_scores(self, panel: "SequencePanel") -> None:
        prediction = self._prediction
        if isinstance(prediction, CurvePrediction):
            panel.set_scores(prediction.scores, prediction.name)
        else:
            panel.set_scores(None)

    def sequence_panel(self) -> "SequencePanel":
        """Return the sequence panel, made when it is first needed."""
        if self.sequence is None:
            from .widgets.sequence_view import SequencePanel

            self.sequence = SequencePanel()
            self.addWidget(self.sequence)
            self.sequence_ready.emit(self.sequence)
        return self.sequence


def _note(sample: Sample, prediction: Prediction | None) -> str:
    label = label_text(sample) if sample.target is not None else ""
    said = words(prediction)
    return "   ".join(filter(None, (f"Label: {label}" if label else "", f"Prediction: {said}" if said else "")))
