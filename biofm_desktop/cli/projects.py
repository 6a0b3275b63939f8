"""``biofm project``: make, look at, save, go back in, check and mend projects."""

import argparse
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.checking import check, relocate
from biofm_desktop.engine.project.generations import generations, put_back, sound_generations

from .show import say, say_json

ACTIONS = {
    "new": "make a project for data (--copy: keep a copy of the data in it)",
    "info": "say what is in it and who works on it",
    "history": "list the edits, the last below",
    "undo": "take the last edit back",
    "redo": "do again what was taken back",
    "save": "make a generation: a state to go back to",
    "generations": "list the saved states, the newest first",
    "restore": "go back to a saved state (--generation NAME; default: the last sound one)",
    "relocate": "find moved data again by its contents (--data FOLDER)",
    "check": "look for damage in database, journal and audit log",
}


def project(given: argparse.Namespace) -> int:
    """Do what was asked with a project; return the exit status."""
    folder = Path(given.folder).expanduser().absolute()
    return _DO[given.action](folder, given)


def _new(folder: Path, given: argparse.Namespace) -> int:
    if not given.data:
        raise Fault("project new", "no data is named", "Give --data FILE or FOLDER")
    made = Project.for_data([Path(word) for word in given.data], folder, copy=given.copy)
    try:
        return _tell(_facts(made), given)
    finally:
        made.close()


def _info(folder: Path, given: argparse.Namespace) -> int:
    opened = Project.open(folder, write=False)
    try:
        return _tell(_facts(opened), given)
    finally:
        opened.close()


def _facts(opened: Project) -> dict[str, Any]:
    from biofm_desktop.engine.project.lock import held_by

    holder = held_by(opened.folder)
    facts: dict[str, Any] = {"name": opened.name, "folder": str(opened.folder)}
    facts |= {"sources": [str(path) for path in opened.sources], **opened.counts()}
    facts |= {"generations": len(opened.generations()), "runs": len(opened.runs())}
    return facts | {"held by": holder.words if holder and holder.alive and holder.pid != os.getpid() else ""}


def _history(folder: Path, given: argparse.Namespace) -> int:
    opened = Project.open(folder, write=False)
    try:
        done, undone = opened.history
    finally:
        opened.close()
    if given.json:
        say_json({"done": [asdict(edit) for edit in done], "undone": [asdict(edit) for edit in undone]})
        return 0
    for edit in done:
        say(f"{edit.number:>6}  {edit.text}")
    for edit in undone:
        say(f"{edit.number:>6}  (taken back) {edit.text}")
    return 0


def _changing(act: Callable[[Project, argparse.Namespace], str | None]) -> Callable[[Path, argparse.Namespace], int]:
    def do(folder: Path, given: argparse.Namespace) -> int:
        opened = Project.open(folder)
        try:
            if opened.holder is not None:
                raise Fault(folder, f"{opened.holder.words} works on it", "Close it there first")
            done = act(opened, given)
        finally:
            opened.close()
        return _tell({"done": done or "nothing"}, given)

    return do


def _save(opened: Project, given: argparse.Namespace) -> str:
    return opened.save(given.reason or "saved").words


def _generations(folder: Path, given: argparse.Namespace) -> int:
    found = generations(folder)
    if given.json:
        say_json([{"name": g.folder.name, "made": str(g.made), "reason": g.reason, **g.counts} for g in found])
    for generation in found if not given.json else ():
        say(f"{generation.folder.name}  {generation.words}")
    return 0


def _restore(folder: Path, given: argparse.Namespace) -> int:
    sound = sound_generations(folder)
    chosen = next((g for g in sound if given.generation in ("", g.folder.name)), None)
    if chosen is None:
        what = f"generation {given.generation}" if given.generation else str(folder)
        raise Fault(what, "there is no sound saved state of this name", "See 'biofm project generations'")
    found = check(folder)
    if found.rows == 0 and found.faults:
        kept = put_back(folder, chosen)
        return _tell({"restored": chosen.words, "damaged database kept in": str(kept)}, given)

    def act(opened: Project, _: argparse.Namespace) -> str:
        opened.restore(chosen)
        return f"restored {chosen.words}"

    return _changing(act)(folder, given)


def _relocate(folder: Path, given: argparse.Namespace) -> int:
    if not given.data:
        raise Fault("project relocate", "no folder is named", "Give --data FOLDER, where the data lie now")
    moved = relocate(folder, Path(given.data[0]).expanduser().absolute())
    return _tell({str(old): str(new) for old, new in moved} or {"moved": "nothing"}, given)


def _check(folder: Path, given: argparse.Namespace) -> int:
    found = check(folder)
    if given.json:
        say_json(asdict(found))
    else:
        for fault in found.faults:
            say(f"X {fault}")
        say(f"{found.rows:,} rows in the journal, {found.sound} sound saved states, {len(found.faults)} faults")
    return 1 if found.faults else 0


def _tell(facts: dict[str, Any], given: argparse.Namespace) -> int:
    if given.json:
        say_json(facts)
    else:
        for name, fact in facts.items():
            say(f"{name}: {', '.join(fact) if isinstance(fact, list) else fact}")
    return 0


_DO: dict[str, Callable[[Path, argparse.Namespace], int]] = {
    "new": _new,
    "info": _info,
    "history": _history,
    "undo": _changing(lambda opened, _: opened.undo()),
    "redo": _changing(lambda opened, _: opened.redo()),
    "save": _changing(_save),
    "generations": _generations,
    "restore": _restore,
    "relocate": _relocate,
    "check": _check,
}
