"""``--detach`` and ``biofm jobs``: what runs in the background, past the end of the terminal and of the window."""

import argparse
import shlex
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from biofm_desktop.engine.events import EpochDone, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import Job
from biofm_desktop.engine.runners import (
    Background,
    BackgroundRun,
    ClusterEyes,
    entries,
    entry_of,
    forget,
    start_detached,
)

from .show import say, say_json

ACTIONS = {
    "list": "what runs, waits and has ended (the default)",
    "stop": "end RUN once what it learnt is saved; it can go on later",
    "kill": "end RUN at once; what it has not saved is lost",
    "pause": "let RUN wait where it stands",
    "resume": "let a paused RUN go on",
    "wait": "show RUN as it comes, until it ends; Ctrl+C only stops the showing",
    "forget": "take RUN, which has ended or not begun, out of the list; its folder stays",
}
#: What an action asks for while a job stands so.
_ALLOWED = {
    "stop": ("starting", "running", "paused", "waiting"),
    "kill": ("running", "paused", "stopping", "waiting"),
    "pause": ("running",),
    "resume": ("paused",),
}


def detach(job: Job, given: argparse.Namespace) -> int:
    """Start a job in the background and say how to see it again."""
    entry = start_detached([(job, job.title)])[0]
    if given.json:
        say_json(_told(entry))
        return 0
    run = shlex.quote(entry.folder)
    say(f"{entry.title} runs in the background (process {entry.process['pid']}), into {entry.folder}")
    say(f"See it with 'biofm jobs', stop it with: biofm jobs stop {run}")
    return 0


def jobs(given: argparse.Namespace) -> int:
    """List the jobs of the background, or ask something of one."""
    if given.action == "list":
        if given.run:
            raise Fault("jobs list", f"{given.run!r} means nothing here", "Leave it out")
        return _list(given)
    if not given.run:
        raise Fault(f"jobs {given.action}", "no run is named", "Give its folder, or its name in 'biofm jobs'")
    entry = entry_of(given.run)
    if given.action == "wait":
        return _wait(entry, given)
    standing = entry.standing
    if given.action == "forget":
        forget(entry)
    else:
        if standing not in _ALLOWED[given.action]:
            way_out = f"Go on with: biofm continue {shlex.quote(entry.folder)}" if standing == "broken off" else ""
            raise Fault(entry.folder, f"it cannot {given.action}: it is {standing}", way_out)
        run = BackgroundRun(entry)
        if not run.begun and standing not in ("waiting", "stopping") and not entry.cluster:
            raise Fault(entry.folder, "it is only just beginning", "Try again in a moment")
        getattr(run, given.action)()
    if given.json:
        say_json(_told(entry))
    else:
        asked = "is asked to stop and save" if standing != "waiting" else "is out of the queue"
        done = {"pause": "is asked to wait", "resume": "is asked to go on", "stop": asked}
        say(f"{entry.title} {done.get(given.action, 'is ended' if given.action == 'kill' else 'is out of the list')}")
    return 0


def _list(given: argparse.Namespace) -> int:
    rows = [_told(entry) for entry in ClusterEyes(grace=3.0).look(entries())]
    if given.json:
        say_json(rows)
        return 0
    if not rows:
        say("Nothing runs in the background.")
    for row in rows:
        began, words = datetime.fromtimestamp(row["began"]).astimezone(), row["message"] or "no word yet"
        say(f"{row['name']}  {row['state']:<10}  {began:%Y-%m-%d %H:%M}  {row['title']}: {words}")
        say(f"  {row['folder']}")
        if row["state"] == "broken off":
            say(f"  go on with: biofm continue {shlex.quote(row['folder'])}")
    return 0


def _wait(entry: Background, given: argparse.Namespace) -> int:
    from .commands import show_run

    class Shown(BackgroundRun):
        stop = kill = BackgroundRun.leave  # Ctrl+C ends the showing, not the job

    return show_run(Shown(entry), given)


def _told(entry: Background) -> dict[str, Any]:
    """Return what is told of an entry."""
    last = entry.last_event
    told = {name: value for name, value in asdict(entry).items() if name not in ("last", "state", "job")}
    return {
        **told,
        "state": entry.standing,
        "message": last.message if last is not None else "" if entry.state == "waiting" else _where(entry),
    }


def _where(entry: Background) -> str:
    """Return where a training stands, by the last lines of its events."""
    from biofm_desktop.engine.runners.last_words import last_events

    words = ""
    for event in last_events(Path(entry.folder)):
        match event:
            case StepDone(step=step, epoch=epoch, loss=loss):
                words = f"epoch {epoch}, step {step}, loss {loss:.4g}"
            case EpochDone(epoch=epoch, step=step, train_loss=loss):
                words = f"epoch {epoch} done, step {step}, train loss {loss:.4g}"
    return words
