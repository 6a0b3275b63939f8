"""The audit log: what was opened, edited, trained and exported, a line each; every line holds the hash of the last.

A line that is changed, left out or put between breaks the chain from there on (Schneier and Kelsey, ACM TISSEC 2, 159,
1999, for the idea). It says that something was changed, not who did it.
"""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import system_fault
from biofm_desktop.engine.files import append_lines

AUDIT = "audit.log"
EXPORTS = "exports.log"
_START = "0" * 64


class AuditLog:
    """The log of one project."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / AUDIT
        self._last: str | None = None

    def add(self, what: str, **details: Any) -> None:
        """Add a line; raise `Fault` where the disk does not let us."""
        if self._last is None:
            self._last = _last_hash(self.path)
        entry = {"time": datetime.now().astimezone().isoformat(timespec="seconds"), "what": what, **details}
        entry["before"] = self._last
        entry["hash"] = _hash(entry)
        append_lines(self.path, [json.dumps(entry, ensure_ascii=False)], room="project")
        self._last = entry["hash"]


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
        lines = _lines(path)
        return str(json.loads(lines[-1])["hash"]) if lines else _START
    except FileNotFoundError:
        return _START
    except OSError as error:
        raise system_fault(path, error) from error
    except (ValueError, KeyError, TypeError):
        return _START  # the chain is broken here; `check_log` tells


def _hash(entry: dict[str, Any]) -> str:
    kept = {name: value for name, value in entry.items() if name != "hash"}
    return sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
