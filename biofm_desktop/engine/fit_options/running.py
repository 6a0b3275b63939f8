"""How a training runs: precision, repeatability, and what it does when something goes wrong."""

from dataclasses import dataclass

from biofm_desktop.engine.options import option

GROUP = "Running"
PRECISIONS = ("auto", "full", "bfloat16", "float16")


@dataclass(frozen=True, kw_only=True)
class RunningOptions:
    """Precision, threads, checkpoints, and what a broken loss or a drive that is gone does."""

    precision: str = option(
        "auto",
        "Precision",
        choices=PRECISIONS,
        help="auto: half precision where the GPU gains by it; full: 32 bits throughout",
        group=GROUP,
    )
    not_finite: str = option(
        "stop",
        "Broken loss",
        choices=("stop", "skip"),
        help="What a step does whose loss is not a number: stop the training, or leave that batch out. The samples are "
        "named either way",
        group=GROUP,
    )
    keep_epochs: int = option(
        5,
        "Keep checkpoints",
        low=0,
        high=1000,
        unit="epochs",
        help="So many epochs' weights stay to be looked at or gone back to, beside the best and the last; 0: none",
        group=GROUP,
    )
    deterministic: bool = option(
        False,
        "Deterministic",
        help="Only algorithms that give the same bits each time, also on a GPU: slower there",
        group=GROUP,
    )
    threads: int = option(
        0,
        "Threads",
        low=0,
        high=1024,
        help="CPU threads; 0: all. The same number gives the same weights",
        group=GROUP,
    )
    reading_timeout: int = option(
        120,
        "Reading time-out",
        low=0,
        high=86_400,
        unit="s",
        help="End the training, what it learnt saved, where reading one sample takes longer, as on a drive that is "
        "gone; 0: wait for ever",
        group=GROUP,
    )
