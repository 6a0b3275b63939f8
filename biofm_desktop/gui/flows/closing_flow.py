"""Closing the window while something runs: stop and save, go on in the background, or stay."""

from typing import TYPE_CHECKING

from biofm_desktop.gui.dialogs.closing import ClosingDialog

if TYPE_CHECKING:
    from biofm_desktop.gui.main_window import MainWindow


def ask_to_close(window: "MainWindow") -> None:
    """Ask, and do what is chosen."""
    queue = window.work.queue if window.work is not None else None
    dialog = ClosingDialog(
        window, trainings=queue.can_go_on if queue is not None else 0, waiting=len(window.jobs.waiting)
    )
    dialog.accepted.connect(window.close_now)
    dialog.background_chosen.connect(lambda: _leave_running(window))
    window.popups.show_dialog(dialog)


def _leave_running(window: "MainWindow") -> None:
    assert window.work is not None
    window.statusBar().showMessage("Saving, to go on in the background …")
    window.setEnabled(False)  # nothing is to begin now
    try:
        goes_on = window.work.queue.all_to_background()
    finally:
        window.setEnabled(True)
    if goes_on:
        window.close_now()
