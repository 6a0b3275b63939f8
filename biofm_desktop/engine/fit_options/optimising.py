"""How a step is taken: optimiser, schedule, and what keeps it steady."""

from dataclasses import dataclass

from biofm_desktop.engine.options import option

GROUP = "Optimiser and schedule"
OPTIMIZERS = ("adamw", "sgd", "nadam", "lion")
SCHEDULES = ("one-cycle", "cosine", "constant", "plateau")


@dataclass(frozen=True, kw_only=True)
class OptimisingOptions:
    """Optimiser and schedule."""

    optimizer: str = option(
        "adamw",
        "Optimiser",
        choices=OPTIMIZERS,
        help="adamw suits nearly everything; sgd (with momentum) and lion want other learning rates",
        group=GROUP,
    )
    schedule: str = option(
        "one-cycle",
        "Schedule",
        choices=SCHEDULES,
        help="How the learning rate goes: up and down, down after a warm-up, the same throughout, or down by five "
        "whenever the validation figure stands still",
        group=GROUP,
    )
    warm_up: float = option(
        0.15, "Warm-up", low=0, high=0.9, help="The share of all steps in which the learning rate rises", group=GROUP
    )
    weight_decay: float = option(
        0.02,
        "Weight decay",
        low=0,
        high=1,
        help="Pulls weights towards 0: guards against learning by heart; norms and biases are left out",
        group=GROUP,
    )
    clip: float = option(
        1.0,
        "Clip gradients",
        low=0,
        high=1e6,
        help="The largest norm of a step's gradient: guards against leaps; 0: no limit",
        group=GROUP,
    )
    accumulate: int = option(
        1,
        "Accumulate",
        low=1,
        high=1024,
        unit="batches",
        help="Batches a step: a large batch where memory holds a small one only",
        group=GROUP,
    )
    ema: float = option(
        0.0,
        "Average weights",
        low=0,
        high=0.9999,
        help="Keep a running average of the weights, so much of it the past (0.99, say), and judge that. Not at 0",
        group=GROUP,
    )
