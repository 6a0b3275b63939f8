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
