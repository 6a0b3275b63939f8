"""How long and how fast to train: the user's options, and good values where the user names none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .options import option

_EPOCHS = (3, 200)
_HEAD_ONLY = 4


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """The options of every training. 0 means "chosen for you" where the help says so."""

    epochs: int = option(0, "Epochs", low=0, high=10_000, help="Passes over the training samples; 0: chosen for you")
    batch_size: int = option(0, "Batch size", low=0, high=4096, help="Samples a step; 0: chosen for you")
    learning_rate: float = option(
        0.0, "Learning rate", low=0, high=10, help="The highest of the schedule; 0: chosen for you"
    )
    patience: int = option(
        0,
        "Patience",
        low=0,
        high=10_000,
        unit="epochs",
        help="Stop after so many epochs without a better validation figure; 0: go on to the last (the best is kept)",
    )
    seed: int = option(
        0, "Seed", low=0, high=2**31 - 1, help="The same seed gives the same weights on the same kind of processor"
    )
    device: str = option(
        "auto", "Train on", choices=("auto", "cpu", "cuda", "mps"), help="auto: the GPU where there is one"
    )
    validation: float = option(
        0.15,
        "Validation share",
        low=0.0,
        high=0.5,
        help="Set apart from the training samples where the data names no validation samples",
        advanced=True,
    )
    test: float = option(
        0.0,
        "Test share",
        low=0.0,
        high=0.5,
        help="Set apart and never looked at while training, where the data names no split at all",
        advanced=True,
    )
    check_leaks: bool = option(
        True,
        "Check for leaks",
        help="Warn of samples that are equal or nearly so in training and validation or test; takes a few seconds",
        advanced=True,
    )
    weight_decay: float = option(
        0.02,
        "Weight decay",
        low=0,
        high=1,
        help="Pulls weights towards 0: guards against learning by heart",
        advanced=True,
    )
    threads: int = option(
        0,
        "Threads",
        low=0,
        high=1024,
        help="CPU threads; 0: all. The same number gives the same weights",
        advanced=True,
    )

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
