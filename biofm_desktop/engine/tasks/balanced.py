"""What the tasks with classes share against imbalance: weights, focal loss, tuned thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from biofm_desktop.engine.options import option

from .base import Task

if TYPE_CHECKING:
    from torch import Tensor

GROUP = "Balance"


@dataclass(frozen=True, kw_only=True)
class BalancedTask(Task):
    """A task with classes, of which some may be rare.

    ``weights`` has one for each class (empty: all count alike). ``offsets`` are added to the logits where a class is
    chosen (empty: none); they are what tuned thresholds come to.
    """

    balance: bool = option(
        False,
        "Weigh rare classes up",
        help="Each class counts the same in the loss, however few there are",
        group=GROUP,
    )
    focal: float = option(
        0.0,
        "Focal loss",
        low=0,
        high=5,
        help="Counts what is told surely already for less, so that rare and hard ones count (gamma of Lin et al., ICCV "
        "2017; 2 is usual); 0 is plain cross-entropy",
        group=GROUP,
    )

    classes: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()


def weights_of(counts: Sequence[int]) -> tuple[float, ...]:
    """Return a weight for each class so that all count the same, with mean 1 over what was counted."""
    total, met = sum(counts), sum(1 for count in counts if count)
    return tuple(float(total / (met * count)) if count else 0.0 for count in counts)


def class_loss(
    output: "Tensor",
    target: "Tensor",
    *,
    weights: Sequence[float] = (),
    gamma: float = 0.0,
    smoothing: float = 0.0,
    ignored: int | None = None,
) -> "Tensor":
    """Return the mean cross-entropy of logits (N, classes, ...) with class indices (N, ...), weighed and smoothed.

    ``gamma`` above 0 makes it the focal loss, which at 0 is the same; ``ignored`` is a target that does not count.
    """
    from torch import tensor
    from torch.nn.functional import cross_entropy

    weight = tensor(weights, device=output.device) if weights else None
    if not gamma:
        place = -100 if ignored is None else ignored
        return cross_entropy(output, target, weight=weight, label_smoothing=smoothing, ignore_index=place)
    from monai.losses.focal_loss import FocalLoss
    from torch import ones
    from torch.nn.functional import one_hot

    size = output.shape[1]
    logits, truth = output.movedim(1, -1).reshape(-1, size), target.reshape(-1)
    if ignored is not None:
        logits, truth = logits[truth != ignored], truth[truth != ignored]
    wanted = one_hot(truth, size) * (1 - smoothing) + smoothing / size
    focal = FocalLoss(use_softmax=True, gamma=gamma, weight=weight, reduction="none")
    counted = (ones(size, device=output.device) if weight is None else weight)[truth].sum()
    loss: Tensor = focal(logits, wanted).sum() / counted.clamp(min=1e-9)
    return loss
