"""The audit log: what was opened, edited, trained and exported, a line each; every line holds the hash of the last.

A line that is changed, left out or put between breaks the chain from there on (Schneier and Kelsey, ACM TISSEC 2, 159,
1999, for the idea). It says that something was changed, not who did it.
"""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import append_lines

from .data import is_project

AUDIT = "audit.log"
EXPORTS = "exports.log"
_START = "0" * 64
_TAIL = 1 << 16
_LOCK, _PATIENCE = "audit.lock", 5.0


class AuditLog:
    """The log of one project. Several programs may add to it: the window, and a training beside it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / AUDIT

    def add(self, what: str, **details: Any) -> None:
        """Add a line, on the disk when this returns; raise `Fault` where the disk does not let us."""
        from filelock import FileLock, Timeout  # 0.1 s, which the window's frame need not wait for

        entry: dict[str, Any] = {"time": _now(), "what": what, **details}
        try:
            with FileLock(self.path.with_name(_LOCK), timeout=_PATIENCE):
                entry["before"] = _last_hash(self.path)
                entry["hash"] = _hash(entry)
                append_lines(self.path, [json.dumps(entry, ensure_ascii=False)], room="project", sync=True)
        except Timeout as error:
            raise Fault(self.path, "another program holds it", "Close that program and try again") from error
        except OSError as error:
            raise system_fault(self.path, error) from error

    def add_export(self, path: Path, **details: Any) -> None:
        """Note an export here and in the list of exports."""
        line = json.dumps({"time": _now(), "path": str(path), **details}, ensure_ascii=False)
        append_lines(self.path.with_name(EXPORTS), [line], room="project", sync=True)
        self.add("exported", path=str(path), **details)


def log_of(paths: Sequence[Path]) -> AuditLog | None:
    """Return the log of the project that these paths are; None where they are data without one."""
    if len(paths) != 1 or not is_project(paths[0]):
        return None
    return AuditLog(paths[0] if paths[0].is_dir() else paths[0].parent)


def check_log(folder: Path) -> list[str]:
    """Return what is wrong with a project's log (empty: nothing)."""
    try:
        lines = _lines(folder / AUDIT)
    except FileNotFoundError:
        return []
    except OSError as error:
        return [system_fault(folder / AUDIT, error).message]
    faults, last = [], _START
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            stated, before = entry.pop("hash"), entry["before"]
        except (ValueError, KeyError, TypeError, AttributeError):
            faults.append(f"{AUDIT}, line {number}: it cannot be read")
            continue
        if before != last:
            faults.append(f"{AUDIT}, line {number}: the line before it was changed, removed or put in")
        if _hash(entry) != stated:
            faults.append(f"{AUDIT}, line {number}: it was changed")
        last = stated
    return faults


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    return text[: text.rfind("\n") + 1].splitlines()  # a crash may have cut the last line; `append_lines` drops it


def _last_hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size, taken = file.seek(0, os.SEEK_END), _TAIL
            while True:
                file.seek(max(0, size - taken))
                lines = file.read().split(b"\n")[:-1]  # what comes after the last line's end is left by a crash
                if len(lines) > 1 or taken >= size:  # the last line is whole
                    break
                taken *= 4
        return str(json.loads(lines[-1])["hash"]) if lines else _START
    except FileNotFoundError:
        return _START
    except OSError as error:
        raise system_fault(path, error) from error
    except (ValueError, KeyError, TypeError):
        return _START  # the chain is broken here; `check_log` tells


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _hash(entry: dict[str, Any]) -> str:
    kept = {name: value for name, value in entry.items() if name != "hash"}
    return sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
