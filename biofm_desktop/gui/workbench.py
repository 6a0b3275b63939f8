"""What lies open in the window: the project, the sample that is shown, and the predictions that came for it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot

from biofm_desktop.engine.predictions import ClassPrediction, MaskPrediction, Prediction, ValuePrediction
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.generations import Generation
from biofm_desktop.engine.samples import Feature, Region, Sample

#: Masks of more pixels than this are compressed and written in a thread; smaller ones before the next event.
AT_ONCE = 4 << 20


class Workbench(QObject):
    """Holds the project and the current sample; every correction goes through here, so that there is one undo.

    ``edited`` names the sample that changed (empty: several, or the classes); ``mask_replaced`` tells that what is
    drawn on the canvas is not what is kept. ``failed`` gives the exception of a correction that was not kept.
    """

    project_changed = Signal(object)
    current_changed = Signal(str)
    edited = Signal(str)
    mask_replaced = Signal(str)
    history_changed = Signal()
    predictions_changed = Signal(list)
    failed = Signal(object)
    _done = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.key = ""
        self.predictions: dict[str, Prediction] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="edits")
        self._pending: list[Future[None]] = []
        self._done.connect(self._after, Qt.ConnectionType.QueuedConnection)

    @property
    def sample(self) -> Sample | None:
        """Return the sample that is shown, with its corrections."""
        return self.project.sample(self.key) if self.project is not None and self.key else None

    @property
    def prediction(self) -> Prediction | None:
        """Return what the model said of the sample that is shown."""
        return self.predictions.get(self.key)

    def set_project(self, project: Project | None) -> None:
        """Lay a project on the bench; its first sample is shown."""
        self.finish()
        self.project, self.key = project, ""
        self.predictions.clear()
        self.project_changed.emit(project)
        self.history_changed.emit()
        if project is not None and len(project.dataset):
            self.show(project.dataset.samples[0].key)

    def show(self, key: str) -> None:
        """Make a sample the one that is shown; a key that the project does not hold is left alone."""
        if self.project is None or key == self.key:
            return
        try:
            self.project.sample(key)
        except KeyError:
            return
        self.key = key
        self.current_changed.emit(key)

    def add_predictions(self, predictions: Sequence[Prediction]) -> None:
        """Take over what a model said; what it said of the same samples before is replaced."""
        self.predictions.update({prediction.key: prediction for prediction in predictions})
        self.predictions_changed.emit([prediction.key for prediction in predictions])

    def set_mask(self, key: str, mask: NDArray[Any], where: tuple[slice, ...] = (), text: str = "") -> None:
        """Keep a painted mask, changed in ``where``; large parts are kept by a thread, in the order of painting."""
        project = self.project
        if project is None:
            return
        if mask[where].size <= AT_ONCE:
            if not self._try(key, lambda: project.set_mask(key, mask, where, text)):
                self.mask_replaced.emit(key)
        else:
            painted = mask.copy()
            self._later(key, lambda: project.set_mask(key, painted, where, text))

    def set_target(self, target: str | float | None, keys: Sequence[str] = ()) -> None:
        """Label samples (the one that is shown, where none are named); None takes the label away."""
        project = self.project
        for key in keys or ((self.key,) if self.key else ()):
            if project is not None:
                self._try(key, lambda key=key: project.set_target(key, target))  # type: ignore[misc]

    def set_split(self, split: str, keys: Sequence[str] = ()) -> None:
        """Keep samples for training, validation or test."""
        project = self.project
        for key in keys or ((self.key,) if self.key else ()):
            if project is not None:
                self._try(key, lambda key=key: project.set_split(key, split))  # type: ignore[misc]

    def set_features(self, features: Sequence[Feature]) -> None:
        """Keep these as the features of the sequence that is shown."""
        if self.project is not None and self.key:
            project, key = self.project, self.key
            self._try(key, lambda: project.set_features(key, features))

    def set_regions(self, key: str, regions: Sequence[Region]) -> None:
        """Keep these as what is marked in an image."""
        project = self.project
        if project is not None and not self._try(key, lambda: project.set_regions(key, regions)):
            self.mask_replaced.emit(key)

    def set_column(self, column: str, text: str) -> None:
        """Keep a cell of the row of the sample that is shown."""
        if self.project is not None and self.key:
            project, key = self.project, self.key
            self._try(key, lambda: project.set_column(key, column, text))

    def set_classes(self, names: Sequence[str]) -> None:
        """Keep the names of the classes."""
        if self.project is not None:
            project = self.project
            self._try("", lambda: project.set_classes(names))

    def rename_class(self, old: str, new: str) -> None:
        """Give a class another name everywhere."""
        if self.project is not None:
            project = self.project
            self._try("", lambda: project.rename_class(old, new))

    def accept(self, keys: Sequence[str] = ()) -> int:
        """Keep predictions as labels (of the sample that is shown, where none are named); return how many."""
        kept = 0
        for key in keys or ((self.key,) if self.key else ()):
            match self.predictions.get(key):
                case MaskPrediction(mask=mask):
                    self.set_mask(key, np.asarray(mask), text=f"keep the prediction of {key}")
                    self.finish()
                    self.mask_replaced.emit(key)
                case ClassPrediction(label=label):
                    self.set_target(label, [key])
                case ValuePrediction(value=value):
                    self.set_target(value, [key])
                case _:
                    continue
            kept += 1
        return kept

    def undo(self) -> None:
        """Take back the last correction and show the sample it was made to."""
        self.finish()
        if self.project is not None:
            project, key = self.project, self.project.undo_key
            self._go_back(key, project.undo)

    def redo(self) -> None:
        """Do the correction again and show its sample."""
        self.finish()
        if self.project is not None:
            project, key = self.project, self.project.redo_key
            self._go_back(key, project.redo)

    def go_to(self, number: int) -> None:
        """Go back or forward in the history until this edit is the last that stands."""
        self._whole(lambda project: project.go_to(number))

    def restore(self, generation: Generation) -> None:
        """Set everything back to a saved state, as one correction."""
        self._whole(lambda project: project.restore(generation))

    def _whole(self, move: Callable[[Project], None]) -> None:
        self.finish()
        project = self.project
        if project is not None and self._try("", lambda: move(project)):
            self.mask_replaced.emit(self.key)

    def finish(self) -> None:
        """Wait until every correction is on the disk."""
        for future in self._pending:
            future.result()
        self._pending.clear()

    def close(self) -> None:
        """Wait for the corrections and end the thread."""
        self.finish()
        self._pool.shutdown(wait=True)

    def _go_back(self, key: str, move: Callable[[], object]) -> None:
        self._try(key, move)
        if key and key != self.key:
            self.show(key)
        elif key:
            self.mask_replaced.emit(key)

    def _try(self, key: str, edit: Callable[[], object]) -> bool:
        try:
            edit()
        except Exception as error:  # noqa: BLE001 - shown in the window
            self._after(key, error)
            return False
        self._after(key, None)
        return True

    def _later(self, key: str, edit: Callable[[], object]) -> None:
        def work() -> None:
            try:
                edit()
            except Exception as error:  # noqa: BLE001 - shown in the window
                self._done.emit(key, error)
                self.mask_replaced.emit(key)  # from this thread: Qt queues it to the window's
            else:
                self._done.emit(key, None)

        self._pending = [future for future in self._pending if not future.done()]
        self._pending.append(self._pool.submit(work))

    @Slot(str, object)
    def _after(self, key: str, error: Exception | None) -> None:
        if error is not None:
            self.failed.emit(error)
        else:
            self.edited.emit(key)
        self.history_changed.emit()
