"""How long and how fast to train: what every user sees."""

from dataclasses import dataclass

from biofm_desktop.engine.options import option


@dataclass(frozen=True, kw_only=True)
class BasicOptions:
    """The options that are never folded away. 0 means "chosen for you" where the help says so."""

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
    devices: tuple[str, ...] = option(
        (),
        "Devices",
        help="Empty: one, as 'Train on' says. Several learn together, each from its share of every batch: a number of "
        "processes (2), or the GPUs to use (cuda:0, cuda:1)",
    )
