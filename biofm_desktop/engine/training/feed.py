"""What the steps are fed with: augmented items, or what a frozen trunk makes of some views of them."""

from collections.abc import Sequence

import torch
from torch import nn

from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Item, Task

from .ahead import Ahead, drawn
from .freezing import takes_up_statistics
from .learner import Learner
from .trunk import Views, frozen_trunk


class Feed:
    """The items of a training, for the present choice of frozen layers.

    ``module`` is what the batches go through: the network, or its head where the rest is frozen. ``held_out`` are the
    validation items as it takes them.
    """

    def __init__(
        self, learner: Learner, task: Task, train: Sequence[Item], validation: Sequence[Item], options: FitOptions
    ) -> None:
        self._task, self._train, self._learner = task, train, learner
        network = learner.network
        still = not takes_up_statistics(network, options.batch_norm)
        self._trunk = frozen_trunk(network, task, learner.frozen, train[0], learner.device) if still else None
        self.module = self._trunk.head if self._trunk else network
        self._views = (
            Views(self._trunk, task, train, options.seed, options.views, learner.room) if self._trunk else None
        )
        self._ahead = Ahead(self._made, learner.device)
        self.held_out = self._trunk.seen(validation, learner.room) if self._trunk else validation

    @property
    def judged(self) -> nn.Module:
        """Return what the validation items go through."""
        if self._trunk and self._learner.averaged is not None:
            return self._trunk.head_of(self._learner.judged)
        return self.module if self._trunk else self._learner.judged

    def batch(
        self, chosen: Sequence[int], epoch: int, chance: torch.Generator, following: Sequence[int] = ()
    ) -> list[Item]:
        """Return the items of these indices that this process takes, made ready by chance.

        Each item has a chance of its own, so that it does not matter which process makes it ready. ``following`` are
        those that are asked for next, as far as one knows.
        """
        team = self._learner.team
        share = team.share(chosen)
        if self._views:
            return self._views.batch(chosen[share], epoch)
        made = self._ahead.items(chosen[share], drawn(len(chosen), chance)[share])
        self._ahead.guess(following, chance, team.share(following))
        return made

    def _made(self, chosen: Sequence[int], seeds: Sequence[int]) -> list[Item]:
        own = torch.Generator()
        return [self._task.augment(self._train[i], own.manual_seed(n)) for i, n in zip(chosen, seeds)]
