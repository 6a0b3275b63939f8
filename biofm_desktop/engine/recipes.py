"""How long and how fast to train: the user's options, and good values where the user names none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .fit_options import BalanceOptions, BasicOptions, DataOptions, LayerOptions, OptimisingOptions, RunningOptions

_EPOCHS = (3, 200)
_HEAD_ONLY = 4


@dataclass(frozen=True, kw_only=True)
class FitOptions(RunningOptions, BalanceOptions, DataOptions, LayerOptions, OptimisingOptions, BasicOptions):
    """The options of every training, in the order in which a form shows them (the last base first)."""

    def resolved(
        self, task: Mapping[str, float], model: Mapping[str, float], draws: int, *, head_only: bool = False
    ) -> "FitOptions":
        """Return the options with every 0 replaced: by the model's recipe, else the task's, for so many draws an epoch.

        The recipe's ``steps`` decide the epochs, so that few samples are seen more often than many; ``head_only``
        training takes more of its cheap steps.
        """
        recipe = {**task, **model}
        recipe["steps"] *= _HEAD_ONLY if head_only else 1
        batch = self.batch_size or int(min(recipe["batch_size"], max(2, draws // 4)))
        a_pass = max(1, math.ceil(draws / batch))
        epochs = self.epochs or int(min(_EPOCHS[1], max(_EPOCHS[0], math.ceil(recipe["steps"] / a_pass))))
        return replace(
            self,
            epochs=epochs,
            batch_size=batch,
            learning_rate=self.learning_rate or recipe["learning_rate"],
            patience=self.patience or epochs,
        )
