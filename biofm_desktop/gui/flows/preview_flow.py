"""The flow of pinned samples: from the samples list to a training, and what it says of them back to the page."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from biofm_desktop.engine.events import Event, Preview
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.previews import MOST_PINNED, Look, looks_of, read_looks
from biofm_desktop.engine.samples import Sample
from biofm_desktop.gui.docks.previews import PreviewsPage
from biofm_desktop.gui.docks.samples import SamplesPanel
from biofm_desktop.gui.workers.call_worker import CallWorker

from .remembered import Remembered

if TYPE_CHECKING:
    from biofm_desktop.engine.project import Project


class PreviewFlow(QObject):
    """Knows which samples of the project are pinned; the list of samples shows and changes them."""

    failed = Signal(str, str)
    message = Signal(str)

    def __init__(self, page: PreviewsPage, kept: Remembered, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page, self._kept = page, kept
        self._project: Project | None = None
        self._samples: SamplesPanel | None = None
        page.sample_of = self._sample
        page.failed.connect(self.failed)

    @property
    def pinned(self) -> tuple[str, ...]:
        """Return the keys of the pinned samples, in the order in which they were pinned."""
        return self._samples.pinned if self._samples is not None else ()

    def follow(self, samples: SamplesPanel) -> None:
        """Let this list of samples pin them."""
        self._samples = samples
        samples.pins_changed.connect(self._change)
        self._show_pins()

    def set_project(self, project: "Project | None") -> None:
        """Pin the samples that were pinned in this project before."""
        self._project = project
        self._show_pins()

    def begin_run(self, folder: Path, *, go_on: bool = False) -> None:
        """Show what this run says; of one that goes on what it said before, too."""
        self._page.begin_run(folder)
        if go_on:
            self._read(folder)

    def show_run(self, folder: Path) -> None:
        """Show what a run of earlier said."""
        self._page.begin_run(folder)
        self._read(folder)

    def clear(self) -> None:
        """Show nothing."""
        self._page.clear()

    def take(self, events: Iterable[Event]) -> None:
        """Show what the training says."""
        paths = dict.fromkeys(event.path for event in events if isinstance(event, Preview))
        if paths:
            self._ask(lambda: [look for path in paths for look in read_looks(Path(path))])

    def _show_pins(self) -> None:
        if self._samples is not None:
            known = {sample.key for sample in self._project.dataset} if self._project else set()
            stored = self._kept.get("pinned", self._folder).get("keys", [])
            self._samples.set_pinned([key for key in stored if key in known])
        self._page.show_pins(len(self.pinned))

    def _change(self) -> None:
        """Keep what the user pinned, unless it is too much."""
        if self._samples is None:
            return
        if len(self.pinned) > MOST_PINNED:
            self._samples.set_pinned(self.pinned[:MOST_PINNED])
            self.message.emit(f"At most {MOST_PINNED} samples can be pinned: each is predicted after every epoch.")
        try:
            self._kept.keep({"keys": list(self.pinned)}, "pinned", self._folder)
        except Fault:
            self.message.emit("The pins hold until the window is closed: the settings cannot be written.")
        self._page.show_pins(len(self.pinned))

    @property
    def _folder(self) -> str:
        return str(self._project.folder) if self._project else ""

    def _sample(self, key: str) -> Sample | None:
        try:
            return self._project.sample(key) if self._project else None
        except KeyError:
            return None

    def _read(self, folder: Path) -> None:
        self._ask(lambda: looks_of(folder))

    def _ask(self, read: object) -> None:
        worker = CallWorker(read)  # type: ignore[arg-type]
        worker.returned.connect(partial(self._add, self._page.folder))
        worker.failed.connect(self.failed)
        worker.begin()

    def _add(self, folder: Path | None, looks: list[Look]) -> None:
        if folder == self._page.folder and looks:
            self._page.add(looks)
