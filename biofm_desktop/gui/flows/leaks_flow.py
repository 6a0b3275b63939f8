"""The leaks flow: from the button in the training panel to a job, and its pairs to the dialog."""

from PySide6.QtCore import QObject, Signal

from biofm_desktop.engine.events import Event, Finished, Warned
from biofm_desktop.engine.jobs import LeaksJob
from biofm_desktop.engine.leaks import Leak
from biofm_desktop.gui.dialogs.leaks import LeaksDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.workers.job_center import JobCenter

from .asking_flow import SPLIT_OPTIONS, AskingFlow
from .runs import data_of


class LeaksFlow(AskingFlow):
    """Asks for the check on the splits that a training would use, and shows what it finds."""

    show_sample = Signal(str)

    def __init__(self, panel: TrainingPanel, center: JobCenter, parent: QObject | None = None) -> None:
        super().__init__(panel, center, parent)
        panel.leaks_requested.connect(self._start)

    def _start(self) -> None:
        if self.ready and self._project is not None and (options := self._options()) is not None:
            self._ask(LeaksJob(data=data_of(self._project), **{name: options[name] for name in SPLIT_OPTIONS}))

    def _answer(self, last: Finished, events: list[Event]) -> None:
        self.message.emit("The check for leaks was stopped" if last.stopped else last.message)
        for event in events:
            if isinstance(event, Warned):
                self.message.emit(event.message)
        leaks = [Leak(**leak) for leak in last.result.get("leaks", ())]
        if leaks:
            dialog = LeaksDialog(leaks, _summary(last, len(leaks)), self._panel.window())
            dialog.sample_chosen.connect(self.show_sample)
            self._show_dialog(dialog)

    def _show_state(self) -> None:
        self._panel.show_leak_check(ready=self.ready)


def _summary(last: Finished, listed: int) -> str:
    more = f" The first {listed:,} are listed." if listed < last.result["count"] else ""
    counts = ", ".join(f"{count:,} × {kind}" for kind, count in last.result["counts"].items())
    return f"{last.message}: {counts}.{more}"
