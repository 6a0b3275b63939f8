"""Hugging Face's names of MobileNetV2's layers (``MobileNetV2ForImageClassification``), and torchvision's."""

from collections.abc import Iterator

_BLOCKS = 16
#: A block's parts, each a convolution and its batch norm.
_BLOCK = {
    "expand_1x1": ("conv.0.0", "conv.0.1"),
    "conv_3x3": ("conv.1.0", "conv.1.1"),
    "reduce_1x1": ("conv.2", "conv.3"),
}
#: The stem holds what is the first block elsewhere, which does not widen.
_STEM = {
    "first_conv": ("features.0.0", "features.0.1"),
    "conv_3x3": ("features.1.conv.0.0", "features.1.conv.0.1"),
    "reduce_1x1": ("features.1.conv.1", "features.1.conv.2"),
}
HF_MOBILENET_NOTE = (
    "Google's weights were trained with TensorFlow's padding and a class of background: they start a training well, "
    "but do not classify photographs exactly as they did there"
)


def _layers() -> Iterator[tuple[str, str]]:
    for part, ours in _STEM.items():
        yield from _pair(f"conv_stem.{part}", ours)
    for block in range(_BLOCKS):
        for part, (convolution, norm) in _BLOCK.items():
            ours = f"features.{block + 2}.{convolution}", f"features.{block + 2}.{norm}"
            yield from _pair(f"layer.{block}.{part}", ours)
    yield from _pair("conv_1x1", ("features.18.0", "features.18.1"))


def _pair(theirs: str, ours: tuple[str, str]) -> Iterator[tuple[str, str]]:
    yield f"{theirs}.convolution", ours[0]
    yield f"{theirs}.normalization", ours[1]


#: With the name of the trunk before it (with a head), and without (``MobileNetV2Model``).
HF_MOBILENET = {
    **{f"mobilenet_v2.{theirs}": ours for theirs, ours in _layers()},
    **dict(_layers()),
    "classifier": "classifier.1",
}
