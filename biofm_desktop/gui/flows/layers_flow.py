"""The layers of the chosen model: read in the child, shown in the freeze dialog, chosen by the user."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import DescribeJob, EstimateJob
from biofm_desktop.engine.jobs.estimate import batch_size_of
from biofm_desktop.engine.models.patterns import matches
from biofm_desktop.gui.dialogs.freeze import FreezeDialog, percent
from biofm_desktop.gui.workers.job_center import JobCenter, JobHandle

#: Wait so long after a choice before the layers are read: one flips through models.
PATIENCE_MS = 300


@dataclass(frozen=True)
class Wanted:
    """Which model's layers, for which data."""

    task: str
    model: str
    data: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What the freeze dialog shows at first: patterns of what is frozen, and the options of the training.

    ``running`` says that the choice is for a training under way.
    """

    frozen: tuple[str, ...]
    title: str
    fit_options: dict[str, Any]
    running: bool = False


class LayersFlow(QObject):
    """Keeps the layers of models and what stays frozen of each.

    ``known`` says that the layers of the model in question are there, ``chosen`` what the user chose: patterns of what
    is frozen, and options of layers; ``failed`` why the layers cannot be read.
    """

    known = Signal()
    chosen = Signal(tuple, dict)
    failed = Signal(str, str)

    def __init__(self, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._center = center
        self._wanted: Wanted | None = None
        self._found: dict[Wanted, dict[str, Any]] = {}
        self._handle: JobHandle | None = None
        self._asked: tuple[Asked, QWidget] | None = None
        self._estimate: JobHandle | None = None
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._timer.timeout.connect(self._read)

    def want(self, wanted: Wanted | None) -> None:
        """Read the layers of this model soon, unless they are known."""
        self._wanted, self._asked = wanted, None
        self._timer.stop()
        if wanted in self._found:
            self.known.emit()
        elif wanted is not None:
            self._timer.start()

    def forget(self) -> None:
        """Read all layers anew when they are wanted: the data changed."""
        self._found.clear()

    @property
    def described(self) -> dict[str, Any] | None:
        """Return what a describe job told of the model in question and its data (None: not known yet)."""
        return self._found.get(self._wanted) if self._wanted else None

    def summary(self, frozen: tuple[str, ...]) -> str:
        """Return how much of the model is trained, in a few words (empty: not known)."""
        found = self._found.get(self._wanted) if self._wanted else None
        if found is None:
            return "" if not frozen else f"Frozen: {', '.join(frozen)}"
        rows = found["layers"]
        still = [row for row in rows if any(matches(pattern, row["name"]) for pattern in frozen)]
        weights, kept = (sum(row["parameters"] for row in part) for part in (rows, still))
        if not still:
            return f"All {len(rows)} layers are trained ({weights:,} weights)"
        share = percent((weights - kept) / weights if weights else 0.0)
        return f"{len(still)} of {len(rows)} layers frozen, {share} of {weights:,} weights trained"

    def all_but_head(self) -> tuple[str, ...]:
        """Return patterns that leave only the head of the model to learn (none: its layers are not known yet)."""
        found = self._found.get(self._wanted) if self._wanted else None
        stages = dict.fromkeys(row["stage"] for row in found["layers"]) if found else {}
        return tuple(stage for stage in stages if found and stage != found["head"])

    def ask(self, asked: Asked, parent: QWidget) -> bool:
        """Open the freeze dialog, at once or when the layers are read; return whether it is open."""
        self._asked = asked, parent
        if self._wanted in self._found:
            self._open()
            return True
        self._timer.stop()
        self._read()
        return False

    def _read(self) -> None:
        wanted = self._wanted
        if wanted is None or (self._handle is not None and self._handle.job == _job(wanted)):
            return
        if self._handle is not None and self._handle.state == "waiting":
            self._handle.stop()
        self._handle = self._center.submit(_job(wanted), quiet=True)
        self._handle.finished.connect(self._take)

    @Slot(object)
    def _take(self, last: Finished | Failed) -> None:
        handle = self.sender()
        assert isinstance(handle, JobHandle)
        job = handle.job
        assert isinstance(job, DescribeJob)
        wanted = Wanted(job.task, job.model, job.data)
        if self._handle is handle:
            self._handle = None
        if isinstance(last, Finished) and last.result:
            self._found[wanted] = last.result
        if wanted != self._wanted:
            return
        if isinstance(last, Failed):
            asked, self._asked = self._asked, None
            self.failed.emit(last.message, last.detail if asked else "")
        elif wanted in self._found:
            self.known.emit()
            if self._asked:
                self._open()

    def _open(self) -> None:
        assert self._asked is not None
        assert self._wanted is not None
        (asked, parent), found = self._asked, self._found[self._wanted]
        self._asked = None
        dialog = FreezeDialog(
            found["layers"],
            found["head"],
            asked.frozen,
            batch_size_of(self._wanted.task, self._wanted.model, asked.fit_options, found["draws"]),
            parent,
            title=asked.title,
            options=asked.fit_options,
            epochs=asked.fit_options.get("epochs", 0),
            running=asked.running,
        )
        dialog.accepted.connect(lambda: self.chosen.emit(dialog.frozen(), dialog.options()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.finished.connect(self._drop_estimate)
        wanted = self._wanted
        dialog.estimate_wanted.connect(lambda: self._measure(dialog, wanted, asked, found))
        dialog.open()

    def _measure(self, dialog: FreezeDialog, wanted: Wanted, asked: Asked, found: dict[str, Any]) -> None:
        """Let the child time a few steps for the present ticks; an earlier question is dropped."""
        self._drop_estimate()
        if self._center.current is not None and not self._center.current.quiet:
            dialog.show_estimate("How long an epoch takes can be measured once the present job has ended.")
            return
        try:
            options = {**asked.fit_options, **dialog.options()}
        except Fault:
            return  # the dialog shows it
        job = EstimateJob(
            task=wanted.task,
            data=wanted.data,
            model=wanted.model,
            inputs=found["inputs"],
            outputs=found["outputs"],
            draws=found["draws"],
            fit_options=options,
            freeze=dialog.frozen(),
        )
        dialog.show_estimate("Measuring how long an epoch takes …")
        handle = self._estimate = self._center.submit(job, quiet=True)

        def tell(last: Finished | Failed) -> None:
            if self._estimate is handle and not (isinstance(last, Finished) and last.stopped):
                self._estimate = None
                fits = isinstance(last, Finished) and bool(last.result.get("fits"))
                dialog.show_estimate(last.message, "" if fits else "error")

        handle.finished.connect(tell)

    def _drop_estimate(self) -> None:
        handle, self._estimate = self._estimate, None
        if handle is not None and not handle.ended:
            handle.stop()


def _job(wanted: Wanted) -> DescribeJob:
    return DescribeJob(task=wanted.task, model=wanted.model, data=wanted.data)
