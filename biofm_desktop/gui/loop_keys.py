"""The keys of the loop: propose, next proposed sample, accept, learn."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from .main_window import MainWindow
    from .work import Work


class LoopKeys(QObject):
    """Does what the actions ``suggest...`` and ``loop...`` say; the panels are filled at the first of them."""

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

    @property
    def _work(self) -> "Work":
        self._window.add_work()
        assert self._window.work is not None
        return self._window.work
