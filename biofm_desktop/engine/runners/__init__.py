"""Where a job runs: here, or in a warm child process."""

from .base import Run
from .child import Child, ChildRun
from .here import HereRun, thread_count

__all__ = ["Child", "ChildRun", "HereRun", "Run", "thread_count"]
