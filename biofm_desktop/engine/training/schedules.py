"""How the learning rate goes: torch's schedules, as a factor from 0 to 1 that serves any number of groups."""

from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from biofm_desktop.engine.fit_options import OptimisingOptions

_LEAST_WARM, _PLATEAU_FACTOR, _PLATEAU_PATIENCE = 0.01, 0.2, 3


class Schedule:
    """A factor of the highest learning rate, moved on by `step` at each step and by `judge` at each epoch.

    torch's schedules move the rate of an optimiser of their own here (one idle weight with rate 1), so that groups may
    come and go while the schedule stands. ``one-cycle`` is Smith and Topin's (arXiv 1708.07120).
    """

    def __init__(self, options: OptimisingOptions, steps: int) -> None:
        self._idle = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=1.0)
        warm = round(options.warm_up * steps)
        self._plateau: lr_scheduler.ReduceLROnPlateau | None = None
        self._warm: lr_scheduler.LRScheduler
        match options.schedule:
            case "one-cycle":
                self._warm = lr_scheduler.OneCycleLR(
                    self._idle, 1.0, total_steps=steps + 1, pct_start=options.warm_up, cycle_momentum=False
                )
            case "cosine":
                cosine = lr_scheduler.CosineAnnealingLR(self._idle, max(1, steps - warm))
                self._warm = self._after_warm_up(cosine, warm)
            case "plateau":
                self._warm = self._after_warm_up(lr_scheduler.ConstantLR(self._idle, 1.0, 0), warm)
                self._plateau = lr_scheduler.ReduceLROnPlateau(
                    self._idle, "max", factor=_PLATEAU_FACTOR, patience=_PLATEAU_PATIENCE
                )
            case _:
                self._warm = self._after_warm_up(lr_scheduler.ConstantLR(self._idle, 1.0, 0), warm)

    def _after_warm_up(self, rest: lr_scheduler.LRScheduler, warm: int) -> lr_scheduler.LRScheduler:
        if not warm:
            return rest
        rising = lr_scheduler.LinearLR(self._idle, _LEAST_WARM, 1.0, warm)
        return lr_scheduler.SequentialLR(self._idle, [rising, rest], [warm])

    @property
    def factor(self) -> float:
        """Return the share of the highest learning rate that the next step has."""
        return float(self._idle.param_groups[0]["lr"])

    def step(self) -> None:
        """A step was taken."""
        self._idle.step()
        self._warm.step()

    def judge(self, figure: float) -> bool:
        """Hear of an epoch's figure (larger is better); return whether the rate fell for it."""
        before = self.factor
        if self._plateau is not None:
            self._plateau.step(figure)
        return self.factor < before

    def state_dict(self) -> dict[str, Any]:
        """Return where it stands."""
        plateau = self._plateau.state_dict() if self._plateau else {}
        return {"idle": self._idle.state_dict(), "warm": self._warm.state_dict(), "plateau": plateau}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Stand where another stood; raise KeyError where it was of another kind."""
        self._idle.load_state_dict(state["idle"])
        self._warm.load_state_dict(state["warm"])
        if self._plateau:
            self._plateau.load_state_dict(state["plateau"])
