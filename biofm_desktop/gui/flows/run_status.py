"""What a training is doing, in one line."""

import time
from collections import deque
from collections.abc import Iterable

from biofm_desktop.engine.events import EpochDone, Event, Failed, Finished, Progress, Started, StepDone, Warned

#: The rate is taken over so many seconds.
_SPAN = 20.0


class RunStatus:
    """Takes the events of a training and says where it stands; ``now`` is in seconds, of any clock that runs on."""

    def __init__(self) -> None:
        self.share: float | None = None
        self._steps = self._epochs = self._step = self._epoch = 0
        self._loss: float | None = None
        self._words, self._warning, self._validation = "Starting", "", ""
        self._seen: deque[tuple[float, int]] = deque()

    def take(self, events: Iterable[Event], now: float | None = None) -> None:
        """Note what these events tell."""
        now = time.monotonic() if now is None else now
        for event in events:
            match event:
                case Started(steps=steps, epochs=epochs):
                    self._steps, self._epochs = steps, epochs
                case Progress(done=done, total=total, message=message):
                    self._words, self.share = message or "Working", done / total if total else None
                case StepDone(step=step, epoch=epoch, loss=loss):
                    self._step, self._epoch, self._loss, self._words = step, epoch, loss, ""
                case EpochDone(validation_loss=loss) if loss is not None:
                    self._validation = f"validation {loss:.3g}"
                case Warned(message=message):
                    self._warning = message
                case Finished(message=message) | Failed(message=message):
                    self._words, self._step = message, 0
        if self._step:
            self._note_rate(now)

    def text(self) -> str:
        """Return where the training stands: epoch, step, loss, time left, and the last warning."""
        if self._step:
            epoch = f"Epoch {self._epoch}" + (f" of {self._epochs}" if self._epochs else "")
            step = f"step {self._step:,}" + (f" of {self._steps:,}" if self._steps else "")
            parts = [epoch, step, f"loss {self._loss:.3g}", self._validation, self._left()]
            words = " · ".join(part for part in parts if part)
        else:
            words = self._words
        return "\n".join(part for part in (words, self._warning) if part)

    def forget_rate(self) -> None:
        """Begin to measure anew, after a pause."""
        self._seen.clear()

    def _note_rate(self, now: float) -> None:
        self.share = min(1.0, self._step / self._steps) if self._steps else None
        self._seen.append((now, self._step))
        while len(self._seen) > 2 and now - self._seen[0][0] > _SPAN:
            self._seen.popleft()

    def _left(self) -> str:
        if not self._steps or len(self._seen) < 2:
            return ""
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        if last <= first or ended <= began:
            return ""
        return f"{duration((self._steps - last) * (ended - began) / (last - first))} left"


def duration(seconds: float) -> str:
    """Return a time as people say it: ``40 s``, ``12 min``, ``1 h 05 min``."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
