"""timm's names of MobileNetV2's layers (``mobilenetv2_100``), and torchvision's."""

from collections.abc import Iterator

#: Blocks of each stage.
_STAGES = (1, 2, 3, 4, 3, 3, 1)
#: A block's layers: widen, look around, narrow; each with its batch norm.
_BLOCK = {
    "conv_pw": "conv.0.0",
    "bn1": "conv.0.1",
    "conv_dw": "conv.1.0",
    "bn2": "conv.1.1",
    "conv_pwl": "conv.2",
    "bn3": "conv.3",
}
#: The first block does not widen.
_FIRST = {"conv_dw": "conv.0.0", "bn1": "conv.0.1", "conv_pw": "conv.1", "bn2": "conv.2"}


def _layers() -> Iterator[tuple[str, str]]:
    yield from {"conv_stem": "features.0.0", "bn1": "features.0.1"}.items()
    place = 1
    for stage, blocks in enumerate(_STAGES):
        for block in range(blocks):
            for theirs, ours in (_FIRST if stage == 0 else _BLOCK).items():
                yield f"blocks.{stage}.{block}.{theirs}", f"features.{place}.{ours}"
            place += 1
    yield from {"conv_head": "features.18.0", "bn2": "features.18.1", "classifier": "classifier.1"}.items()


TIMM_MOBILENET = dict(_layers())
