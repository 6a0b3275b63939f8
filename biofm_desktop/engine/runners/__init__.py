"""Where a job runs: here, in a warm child process, or in the background in a process of its own."""

from .background_run import BackgroundRun, kill_entry, last_word
from .base import Run
from .child import Child, ChildRun
from .cluster import ClusterEyes, cancel_entry, submit_to_cluster
from .detached import start_detached
from .here import HereRun, thread_count
from .register import ENDED, Background, entries, entry_of, forget, read_entry
from .team import needs_team

__all__ = [
    "ENDED",
    "Background",
    "BackgroundRun",
    "Child",
    "ChildRun",
    "ClusterEyes",
    "HereRun",
    "Run",
    "cancel_entry",
    "entries",
    "entry_of",
    "forget",
    "kill_entry",
    "last_word",
    "needs_team",
    "read_entry",
    "start_detached",
    "submit_to_cluster",
    "thread_count",
]
