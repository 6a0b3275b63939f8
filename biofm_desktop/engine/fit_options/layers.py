"""Which layers learn, and how fast each."""

from dataclasses import dataclass

from biofm_desktop.engine.options import option

GROUP = "Layers"


@dataclass(frozen=True, kw_only=True)
class LayerOptions:
    """What holds for single layers; which of them are frozen is said by patterns (`models.patterns`)."""

    views: int = option(
        4,
        "Views through a frozen trunk",
        low=1,
        high=64,
        help="Where only the head is trained, so many augmented views of each sample go through the frozen part, once; "
        "1: the samples as they are",
        group=GROUP,
    )
    layer_decay: float = option(
        1.0,
        "Rate from stage to stage",
        low=0.01,
        high=1,
        help="Each stage learns at so much of the rate of the next one towards the head; 1: all alike",
        group=GROUP,
    )
    rates: tuple[str, ...] = option(
        (),
        "Rates of layers",
        help="pattern=factor, several with commas between: the layers that the pattern means learn at so much of the "
        "learning rate, such as layer1=0.1",
        group=GROUP,
    )
    unfreeze: tuple[str, ...] = option(
        (),
        "Unfreeze later",
        help="pattern@epoch, several with commas between: what the pattern means stays frozen until that epoch begins, "
        "such as layer4@3",
        group=GROUP,
    )
    batch_norm: str = option(
        "keep-frozen",
        "Batch norm",
        choices=("keep-frozen", "keep-all", "learn-all"),
        help="Whose running statistics stay as they are: those of frozen layers, those of all, or none",
        group=GROUP,
    )
    pull_to_start: float = option(
        0.0,
        "Pull to the start",
        low=0,
        high=10,
        help="Pulls the weights towards those that it started from (L2-SP; 0.01, say), so that they forget less",
        group=GROUP,
    )
    adapter: str = option(
        "none",
        "Adapters",
        choices=("none", "lora", "dora"),
        help="Learn small matrices beside the ticked layers, which stay as they are: less memory, less forgetting",
        group=GROUP,
    )
    adapter_rank: int = option(
        8, "Rank of adapters", low=1, high=256, help="How much an adapter can learn", group=GROUP
    )
    adapter_alpha: int = option(16, "Weight of adapters", low=1, high=1024, help="Twice the rank is usual", group=GROUP)
