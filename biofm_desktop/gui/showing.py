"""Shows in the window's parts what lies on the bench, and every change of it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from biofm_desktop.engine.project import Project

from .layers import words

if TYPE_CHECKING:
    from .main_window import MainWindow


class Showing(QObject):
    """Follows the bench; the panels, the middle, the title and the texts of undo and redo say what it says."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window, self._bench = window, window.bench
        bench = window.bench
        bench.project_changed.connect(self._show_project)
        bench.current_changed.connect(self._show_current)
        bench.edited.connect(self._show_edit)
        bench.mask_replaced.connect(self._show_replaced_mask)
        bench.history_changed.connect(self._show_history)
        bench.predictions_changed.connect(self._show_predictions)
        self._show_history()

    @Slot(object)
    def _show_project(self, project: Project | None) -> None:
        self._window.centre.clear()
        self._window.setWindowTitle(f"{project.name} — BioFM Desktop" if project else "BioFM Desktop")
        if project is None:
            return
        dataset = project.dataset
        self._window.samples.show_dataset(dataset, project.corrected_keys)
        self._window.annotation.show_dataset(dataset, project.classes)
        self._window.centre.viewer.set_classes(project.classes, instances=dataset.instances)
        for problem in dataset.problems:
            self._window.messages.add(str(problem), "warning")
        if dataset.problems:
            self._window.panels.bring("messages")
        count = f"{len(dataset):,} samples" if len(dataset) != 1 else "one sample"
        self._window.show_message(f"Opened {project.name}: {count}. Corrections are kept in {project.folder}")

    @Slot(str)
    def _show_current(self, key: str) -> None:
        bench = self._bench
        if bench.project is None or bench.sample is None:
            return
        self._window.samples.show_current(key)
        self._window.annotation.show_sample(bench.sample)
        neighbours = [self._window.samples.next_key(key, step) for step in (1, -1)]
        nearby = [bench.project.sample(near) for near in neighbours if near]
        self._window.centre.show_sample(
            bench.sample, nearby, bench.prediction, paintable=self._window.annotation.mode == "paint"
        )

    @Slot(str)
    def _show_edit(self, key: str) -> None:
        project = self._bench.project
        if project is None:
            return
        self._window.samples.update_dataset(project.dataset, project.corrected_keys, key)
        if not key:
            self._window.annotation.show_classes(project.classes)
            self._window.centre.viewer.set_classes(project.classes, instances=project.dataset.instances)
        if self._bench.sample is not None and key in ("", self._bench.key):
            self._window.annotation.show_sample(self._bench.sample)
            self._window.centre.update_sample(self._bench.sample, self._bench.prediction)

    @Slot(str)
    def _show_replaced_mask(self, key: str) -> None:
        if key == self._bench.key and self._bench.sample is not None:
            self._window.centre.show_mask(self._bench.sample)

    @Slot(list)
    def _show_predictions(self, keys: list[str]) -> None:
        self._window.samples.show_predictions({key: words(self._bench.predictions[key]) for key in keys})
        if self._bench.key in keys:
            self._window.centre.show_prediction(self._bench.prediction)

    @Slot()
    def _show_history(self) -> None:
        project = self._bench.project
        for name, title, text in (
            ("action.undo", "&Undo", project.undo_text if project else None),
            ("action.redo", "&Redo", project.redo_text if project else None),
        ):
            self._window.commands[name].setText(f"{title} {text.replace('&', '&&')}" if text else title)
