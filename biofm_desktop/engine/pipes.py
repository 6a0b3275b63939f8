"""Child processes that talk by pipes: how one is started, how it takes its pipes, and how it ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_ENDS = {"SIGKILL": "; the system does this when memory runs out", "SIGSEGV": "; a crash inside a library"}


def spawn(
    module: str, words: Sequence[str] = (), environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> "subprocess.Popen[bytes]":
    """Start a module of ours in a process of its own, working in ``folder``; stdin, stdout and stderr are pipes."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    call, whole = module_call(module, words)
    return subprocess.Popen(
        call,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=whole | dict(environment or {}),
        # A session of its own: Ctrl+C is the window's affair, and what the process started can be ended with it.
        start_new_session=sys.platform != "win32",
        creationflags=flags,
    )


def module_call(module: str, words: Sequence[str] = ()) -> tuple[list[str], dict[str, str]]:
    """Return the command line that runs a module of ours with this Python, and the environment that it needs."""
    root = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    # -P keeps the working folder, which may be a user's data, out of the search for modules.
    return [sys.executable, "-P", "-m", module, *words], os.environ | {
        "PYTHONPATH": search,
        "PYTHONIOENCODING": "utf-8",
    }


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to read and write; what libraries print goes to stderr, what they read is empty."""
    commands, events = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(commands, os.O_BINARY)
        msvcrt.setmode(events, os.O_BINARY)
    return os.fdopen(commands, "rb"), os.fdopen(events, "wb")


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()


def epitaph(code: int) -> str:
    """Return in plain words how a process of this status ended."""
    if code >= 0:
        return f"exit status {code}" if code < 2**16 else f"status {code:#x}"
    with suppress(ValueError):
        name = signal.Signals(-code).name
        return f"killed by signal {-code}, {name}{_ENDS.get(name, '')}"
    return f"killed by signal {-code}"
