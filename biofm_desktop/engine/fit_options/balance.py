"""What helps where some classes are rare, beside the weights in a task's loss."""

from dataclasses import dataclass

from biofm_desktop.engine.options import option

GROUP = "Balance"
SAMPLERS = ("natural", "balanced")
TUNED = ("none", "headline", "accuracy", "balanced_accuracy", "macro_f1", "mcc")


@dataclass(frozen=True, kw_only=True)
class BalanceOptions:
    """How samples are drawn, and where the line between classes is put."""

    sampler: str = option(
        "natural",
        "Draw samples",
        choices=SAMPLERS,
        help="natural: each as often as any; balanced: each class as often as any, so that rare ones come again and "
        "again (of masks: pictures by their rarest class; of numbers: by ten equal ranges)",
        group=GROUP,
    )
    tune: str = option(
        "none",
        "Tune thresholds for",
        choices=TUNED,
        help="After training, choose from which probability on a class is said so that this figure is best on the "
        "validation samples; headline: the task's own figure. The test samples are never looked at",
        group=GROUP,
    )
