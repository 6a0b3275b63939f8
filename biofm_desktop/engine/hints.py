"""What next? Hints from the curves of a training, each with its reason. Pure functions on events."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .events import Changed, EpochDone, Event, Failed, Finished, Started, StepDone

#: Of so many epochs at least something is said about a trend.
_LEAST_EPOCHS = 5
_STEPS_LOOKED_AT, _FEW = 200, 20


@dataclass(frozen=True)
class Hint:
    """What may be wrong, in a word for programs (``kind``) and in a sentence; why one thinks so; what to do."""

    kind: str
    title: str
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.title}: {self.reason}. {self.advice}."


class Watcher:
    """Takes the events of a training as they come; keeps what the hints need of them, however long it is."""

    def __init__(self) -> None:
        self._epochs: list[EpochDone] = []
        self._first: list[float] = []
        self._last: list[float] = []
        self._gradients: list[float] = []
        self._metric, self._validation, self._planned = "", 0, 0
        self._ended: Finished | Failed | None = None

    def take(self, events: Iterable[Event]) -> bool:
        """Note events; return whether the hints may be others now."""
        news = False
        for event in events:
            match event:
                case Started(epochs=epochs, facts=facts):
                    self._planned = epochs
                    self._metric = str(facts.get("metric", ""))
                    self._validation = int(facts.get("validation", 0))
                    self._ended = None
                case StepDone(loss=loss, gradient=gradient):
                    self._step(loss, gradient)
                case EpochDone():
                    self._epochs = [*(e for e in self._epochs if e.epoch < event.epoch), event]
                    news = True
                case Changed():
                    self._first, self._gradients = [], []  # what came before says little of what comes
                case Finished() | Failed():
                    self._ended, news = event, True
        return news

    def _step(self, loss: float, gradient: float | None) -> None:
        if len(self._first) < _STEPS_LOOKED_AT // 4:
            self._first.append(loss)
        self._last = [*self._last[-(_STEPS_LOOKED_AT // 4) + 1 :], loss]
        if gradient is not None:
            self._gradients = [*self._gradients[-_STEPS_LOOKED_AT + 1 :], gradient]

    def hints(self) -> list[Hint]:
        """Return what is to be said now, the gravest first."""
        found = [
            self._too_fast(),
            self._never_predicted(),
            self._overfitting(),
            self._standing_still(),
            self._not_done(),
            self._few_to_judge(),
        ]
        return [hint for hint in found if hint is not None]

    def _too_fast(self) -> Hint | None:
        advice = "Lower the learning rate, to a third of it at first; clipping gradients helps as well"
        if isinstance(self._ended, Failed) and "no longer a number" in self._ended.message:
            return Hint("rate", "The learning rate may be too high", "the loss became no number", advice)
        steps = _STEPS_LOOKED_AT // 4
        if len(self._first) == steps == len(self._last):
            began, now = statistics.median(self._first), statistics.median(self._last)
            if now > 1.3 * began + 0.05:
                reason = f"the training loss rose from {began:.3g} to {now:.3g}"
                return Hint("rate", "The learning rate may be too high", reason, advice)
        if len(self._gradients) == _STEPS_LOOKED_AT:
            early, late = (statistics.median(part) for part in (self._gradients[:100], self._gradients[100:]))
            if early > 0 and late > 20 * early and self._rises():
                reason = f"gradients became {late / early:.0f} times as large"
                return Hint("rate", "The learning rate may be too high", reason, advice)
        return None

    def _rises(self) -> bool:
        half = len(self._last) // 2
        return half > 0 and statistics.median(self._last[half:]) > statistics.median(self._last[:half])

    def _never_predicted(self) -> Hint | None:
        last = self._epochs[-1] if len(self._epochs) >= 3 else None
        names = list(last.notes.get("never_predicted", [])) if last else []
        if not names:
            return None
        told = ", ".join(map(str, names[:4])) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        return Hint(
            "class",
            f"{'A class is' if len(names) == 1 else 'Classes are'} never predicted",
            f"of the validation samples none is taken for {told}",
            "Label more of it, weigh rare classes up, or draw them more often",
        )

    def _overfitting(self) -> Hint | None:
        losses = [(e.epoch, e.validation_loss, e.train_loss) for e in self._epochs if e.validation_loss is not None]
        if len(losses) < _LEAST_EPOCHS:
            return None
        epoch, lowest, trained = min(losses, key=lambda told: told[1])
        now = statistics.median(loss for _, loss, _ in losses[-3:])
        if losses[-1][0] - epoch >= 3 and now > 1.1 * lowest + 0.01 and losses[-1][2] < 0.9 * trained:
            return Hint(
                "overfitting",
                "It learns by heart",
                f"since epoch {epoch} the validation loss rose from {lowest:.3g} to {now:.3g} while the training loss "
                f"fell from {trained:.3g} to {losses[-1][2]:.3g}",
                "Use more samples or stronger augmentation, freeze more layers, or raise the weight decay; the best "
                "epoch is kept",
            )
        return None

    def _standing_still(self) -> Hint | None:
        figures = self._figures()
        wait = max(_LEAST_EPOCHS + 1, len(figures) // 3)
        if len(figures) <= wait + 2 or self._overfitting():
            return None
        best, recent = max(figures[:-wait]), max(figures[-wait:])
        if recent <= best and best < 0.98:
            return Hint(
                "plateau",
                "It stands still",
                f"{self._metric.replace('_', ' ')} has not become better than {best:.3g} in the last {wait} epochs",
                "Train more layers, try another learning rate or a larger model; labels may be wrong as well",
            )
        return None

    def _not_done(self) -> Hint | None:
        losses = [e.validation_loss for e in self._epochs if e.validation_loss is not None]
        whole = isinstance(self._ended, Finished) and len(losses) >= max(_LEAST_EPOCHS, self._planned)
        part = max(2, len(losses) // 5)
        if not whole or len(losses) < 2 * part:
            return None
        before, now = statistics.mean(losses[-2 * part : -part]), statistics.mean(losses[-part:])
        if now < 0.95 * before and self._epochs[-1].best:
            return Hint(
                "short",
                "It was still learning",
                f"the validation loss fell from {before:.3g} to {now:.3g} in the last {part} epochs",
                f"Go on for {max(5, len(losses) // 2)} epochs more",
            )
        return None

    def _few_to_judge(self) -> Hint | None:
        if not self._epochs or not 0 < self._validation < _FEW:
            return None
        return Hint(
            "few",
            "The figures are unsure",
            f"there are {self._validation} validation samples, so that a single one is "
            f"{100 / self._validation:.0f} per cent",
            "Set more samples apart for validation, or cross-validate",
        )

    def _figures(self) -> list[float]:
        values = [e.metrics[self._metric] for e in self._epochs if self._metric in e.metrics]
        return [value for value in values if math.isfinite(value)]


def hints_of(events: Sequence[Event]) -> list[Hint]:
    """Return the hints that a whole run gives."""
    watcher = Watcher()
    watcher.take(events)
    return watcher.hints()
