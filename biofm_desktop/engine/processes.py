"""Which process it is, so that a later look can tell whether it still runs: its number may be another's by then."""

import os
import platform
from dataclasses import dataclass

#: The clock of a computer is set now and then, and with it what it says of when a process began.
_LEEWAY = 2.0


@dataclass(frozen=True)
class ProcessId:
    """A process: number, computer, and when it began (seconds since 1970)."""

    pid: int
    host: str
    begun: float

    @classmethod
    def me(cls) -> "ProcessId":
        """Return this process."""
        return cls(os.getpid(), platform.node(), begun(os.getpid()) or 0.0)

    @property
    def here(self) -> bool:
        """Say whether it is of this computer."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Say whether it still runs; of another computer it cannot be known, so yes."""
        if not self.here:
            return True
        since = begun(self.pid)
        return since is not None and abs(since - self.begun) < _LEEWAY

    @property
    def words(self) -> str:
        """Return which it is, for people."""
        return f"process {self.pid}" + ("" if self.here else f" on {self.host}")


def begun(pid: int) -> float | None:
    """Return when a process began (seconds since 1970); None where there is none, or where it is only not buried."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None
