"""From words to an exit status: 0 done, 1 failed, 2 wrong use or refused input, 130 stopped."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from biofm_desktop.engine.faults import Fault

from .parsers import COMMANDS, parse

DONE, FAILED, REFUSED, STOPPED = 0, 1, 2, 130


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv` where none is given) and return its exit status."""
    words = list(sys.argv[1:] if words is None else words)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a captured stream has no such method
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return _run(words)
    except Fault as fault:
        return refuse(fault, details="--debug" in words)
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        # The reader (head, less ...) has gone; Python must not complain of it when it flushes at the end.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run(words: list[str]) -> int:
    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        return _window(words)
    given = parse(words)
    if given is None:
        return DONE
    from . import commands

    return int(getattr(commands, given.command)(given))


def _window(words: list[str]) -> int:
    """Open the window on these paths; torch stays out of this process."""
    for word in words:
        if not Path(word).exists():
            near = get_close_matches(word, COMMANDS, n=1)
            way_out = (
                f"Did you mean 'biofm {near[0]}'?" if near else "Give a file, a folder or a command (biofm --help)"
            )
            raise Fault(word, "there is no such file or folder", way_out)
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise Fault(
            "window", "this session has no display", "Use 'biofm --help', or ask 'biofm doctor' what is missing"
        )
    from biofm_desktop.gui.app import main as open_window

    return open_window([Path(word).absolute() for word in words])


def refuse(fault: Fault, *, details: bool) -> int:
    """Say what is wrong in one sentence, and the library's words where asked for."""
    from .show import plain

    sys.stderr.write(f"biofm: {plain(fault.message)}\n")
    if details and fault.detail:
        sys.stderr.write(f"{fault.detail}\n")
    return REFUSED
