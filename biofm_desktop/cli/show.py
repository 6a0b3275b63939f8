"""How a run looks: bars on a terminal, plain lines in a file, lines of JSON for programs."""

import dataclasses
import json
import math
import sys
import time
from contextlib import AbstractContextManager
from typing import Any, Protocol

from biofm_desktop.engine.events import (
    Changed,
    EpochDone,
    Event,
    Failed,
    Finished,
    Preview,
    Progress,
    Saved,
    Started,
    StepDone,
    Warned,
)
from biofm_desktop.engine.ranks import rank

_PLAIN_SECONDS = 10.0


class Show(AbstractContextManager["Show"], Protocol):
    """Something that shows the events of a run as they come."""

    def show(self, event: Event) -> None:
        """Show one event."""


def make_show(*, as_json: bool) -> "Show":
    """Return what suits the wish and the terminal."""
    if rank() > 0:
        return NoShow()
    if as_json:
        return JsonShow()
    return BarShow() if sys.stderr.isatty() else PlainShow()


def plain(text: str) -> str:
    """Return a text that cannot steer the terminal: no control letters (a file's name may hold them)."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def strict(value: Any) -> Any:
    """Return a value that is JSON by the letter: numbers that are not finite become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(name): strict(item) for name, item in value.items()}
    return [strict(item) for item in value] if isinstance(value, (list, tuple)) else value


def say_json(value: Any) -> None:
    """Write one line of JSON to stdout, at once."""
    sys.stdout.write(json.dumps(strict(value)) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Write one line to stdout."""
    sys.stdout.write(plain(text) + "\n")


class JsonShow(Show):
    """One line of JSON an event, on stdout; why a run failed also on stderr."""

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: Event) -> None:
        """Write the event."""
        say_json({"event": type(event).__name__, **dataclasses.asdict(event)})


class NoShow(Show):
    """Nothing: of several processes that train together the first one tells."""

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: Event) -> None:
        """Pass the event over."""


class PlainShow(Show):
    """Lines that read well in a log: every epoch, and now and then how far it is."""

    def __init__(self) -> None:
        self._told, self._exported = time.monotonic(), list[str]()

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: Event) -> None:
        """Write a line where the event deserves one."""
        match event:
            case Saved(path=path, what="export"):
                self._exported.append(path)
            case Progress(done=done, total=total) if time.monotonic() - self._told > _PLAIN_SECONDS or done == total:
                self._told = time.monotonic()
                self.line(f"{event.message or 'done'}: {done} of {total}" if total else f"{event.message}: {done}")
            case Finished():
                if self._exported:
                    more = f" and {len(self._exported) - 1} more beside it" if len(self._exported) > 1 else ""
                    self.line(f"saved export: {self._exported[0]}{more}")
                say(event.message)
            case _:
                if text := line_of(event):
                    self.line(text)

    def line(self, text: str) -> None:
        """Write a line to stderr."""
        sys.stderr.write(plain(text) + "\n")
        sys.stderr.flush()


def line_of(event: Event) -> str:
    """Return the event as a line for people; empty for those that come too often."""
    match event:
        case Started(title=title, epochs=epochs, steps=steps):
            plan = f": {epochs} epochs, {steps} steps" if epochs else ""
            return f"{title}{plan}"
        case EpochDone():
            figures = {"train loss": event.train_loss}
            if event.validation_loss is not None:
                figures["validation loss"] = event.validation_loss
            figures |= {name.replace("_", " "): value for name, value in event.metrics.items()}
            told = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
            return f"epoch {event.epoch}: {told}{' (best)' if event.best else ''}"
        case Saved(path=path, what=what):
            return f"saved {what}: {path}"
        case Warned(message=message):
            return f"warning: {message}"
        case Preview(key=key, text=text) if event.path.endswith(".json"):  # of an epoch; others are too many
            sure = f" ({event.confidence:.0%} sure)" if event.confidence is not None else ""
            return f"  {key}: {text}{sure}"
        case Changed(step=step, words=words):
            return f"changed after step {step}: {words}"
    return ""


class BarShow(PlainShow):
    """A bar that moves, with the lines above it."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
        )
        self._task: Any = None

    def __enter__(self) -> "BarShow":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, event: Event) -> None:
        """Move the bar, or write the line above it."""
        match event:
            case Started(steps=steps):
                self.line(line_of(event))
                self._move("working", 0, steps)
            case Progress(done=done, total=total, message=message):
                self._move(message, done, total)
            case StepDone(step=step, loss=loss):
                self._move(f"loss {loss:.4g}", step, None)
            case Preview(key=key, text=text) if not line_of(event):
                self._move(f"{key[:30]}: {text[:40]}", None, None)
            case Finished() | Failed():
                self._bars.stop()
                super().show(event)
            case _:
                super().show(event)

    def line(self, text: str) -> None:
        """Write a line above the bar."""
        self._bars.console.print(plain(text), soft_wrap=True)

    def _move(self, what: str, done: int | None, total: int | None) -> None:
        if self._task is None:
            self._task = self._bars.add_task("", total=None)
        changes: dict[str, Any] = {"description": plain(what)}
        changes |= {"completed": done} if done is not None else {}
        changes |= {"total": total or None} if total is not None else {}
        self._bars.update(self._task, **changes)
