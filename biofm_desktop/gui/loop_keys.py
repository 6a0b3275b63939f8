"""The keys of what the training panel and the loop do: propose, accept, learn; and the studies."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from .main_window import MainWindow
    from .work import Work


class LoopKeys(QObject):
    """Does what the actions ``suggest...``, ``loop...`` and ``studies...`` say; the panels are filled at the first."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window

    def suggest(self) -> None:
        """Show the panel of proposals, and propose samples where there are none."""
        self._window.panels.bring("next")
        if not self._work.suggest.keys:
            self._work.suggest.start()

    def suggest_next(self) -> None:
        """Show the next proposed sample."""
        self._work.loop.show_next()

    def suggest_accept(self) -> None:
        """Keep the model's answer and show the next proposed sample."""
        self._work.loop.accept()

    def loop_next(self) -> None:
        """Learn what was corrected and show the next proposed sample."""
        self._work.loop.learn()

    def studies_cross_validate(self) -> None:
        """Show the dialog that cross-validates."""
        self._work.train.studies.open("cross_validate")

    def studies_search(self) -> None:
        """Show the dialog that searches for good options."""
        self._work.train.studies.open("search")

    def studies_distill(self) -> None:
        """Show the dialog that lets a model learn what a run says."""
        self._work.train.studies.open("distill")

    @property
    def _work(self) -> "Work":
        self._window.add_work()
        assert self._window.work is not None
        return self._window.work
