"""What is learnt from: the shares that are set apart, and how the rest is drawn."""

from dataclasses import dataclass

from biofm_desktop.engine.options import option

GROUP = "Data"


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """The data of a training."""

    validation: float = option(
        0.15,
        "Validation share",
        low=0.0,
        high=0.5,
        help="Set apart from the training samples where the data names no validation samples",
        group=GROUP,
    )
    test: float = option(
        0.0,
        "Test share",
        low=0.0,
        high=0.5,
        help="Set apart and never looked at while training, where the data names no split at all",
        group=GROUP,
    )
    labels_per_class: float = option(
        0.0,
        "Labels per class",
        low=0,
        high=1_000_000,
        help="Learn from so many training samples of each class only, chosen by the seed (of masks and numbers: so "
        "many in all); below 1: from this share of them; 0: from all. Shows how many labels are needed",
        group=GROUP,
    )
    check_leaks: bool = option(
        True,
        "Check for leaks",
        help="Warn of samples that are equal or nearly so in training and validation or test; takes a few seconds",
        group=GROUP,
    )
