"""What can be done with a job of the list, as a table; and what of it makes sense for one that stands so."""

from collections.abc import Sequence
from dataclasses import dataclass

from biofm_desktop.engine.jobs.again import run_folder_of
from biofm_desktop.gui.workers.job_center import JobHandle


@dataclass(frozen=True)
class Button:
    """One thing to do: its words, what it does, its icon, and the key while the list has the focus."""

    title: str
    tip: str
    icon: str
    key: str = ""


BUTTONS = {
    "pause": Button("Pause", "Let the job wait, or go on", "pause"),
    "stop": Button("Stop", "End the job and keep what it has done", "stop"),
    "kill": Button(
        "End at once", "End the job's process at once; what it has not saved is lost", "close-octagon-outline"
    ),
    "next": Button("Run next", "Begin this one as soon as the job under way has ended", "skip-next", "Alt+Home"),
    "up": Button("Sooner", "Let it run before the one above it", "arrow-up", "Alt+Up"),
    "down": Button("Later", "Let it run after the one below it", "arrow-down", "Alt+Down"),
    "restart": Button("Restart", "Do the same once more, from its start", "restart"),
    "go_on": Button("Go on", "Go on where it broke off or was stopped", "play-box-multiple-outline"),
    "background": Button(
        "Move to the background", "Let it go on without the window, also when this is closed", "monitor-off"
    ),
    "remove": Button("Remove", "Take it out of the list; what it made stays", "playlist-remove", "Delete"),
    "copy_command": Button(
        "Copy as command", "Copy the command line that does the same without a window", "content-copy"
    ),
    "open_folder": Button("Open folder", "Show the folder of what the job made", "folder-open-outline"),
}
WITH_WORDS = ("pause", "stop", "kill")


def allowed(handle: JobHandle | None, waiting: Sequence[JobHandle], *, goes_on: bool) -> set[str]:
    """Return what can be done with a job now; ``goes_on`` says that it can go on where it ended."""
    if handle is None:
        return set()
    state, ours, now = handle.state, not handle.background, {"copy_command"}
    trains = bool(getattr(handle.job, "trains", False))
    if state in ("running", "paused"):
        now |= {"pause", "stop", "kill"} | ({"background"} if trains and ours else set())
    if state == "stopping":
        now |= {"kill"}
    if state == "waiting":
        now |= {"stop", "remove"} | ({"background"} if trains and ours else set())
    if handle in waiting:
        place = waiting.index(handle)
        now |= {"next"} | ({"up"} if place else set()) | ({"down"} if place + 1 < len(waiting) else set())
    if handle.ended:
        now |= {"remove"} | ({"restart"} if trains else set()) | ({"go_on"} if goes_on else set())
    folder = run_folder_of(handle.job)
    return now | ({"open_folder"} if folder is not None and folder.is_dir() else set())
