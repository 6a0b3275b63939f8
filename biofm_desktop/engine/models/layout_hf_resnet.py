"""Hugging Face's names of ResNet-18's layers (``ResNetForImageClassification``), and torchvision's."""

from collections.abc import Iterator

_STAGES, _BLOCKS, _CONVOLUTIONS = 4, 2, 2


def _layers() -> Iterator[tuple[str, str]]:
    yield from _pair("embedder.embedder", "conv1", "bn1")
    for stage in range(_STAGES):
        for block in range(_BLOCKS):
            theirs, ours = f"encoder.stages.{stage}.layers.{block}", f"layer{stage + 1}.{block}"
            for n in range(_CONVOLUTIONS):
                yield from _pair(f"{theirs}.layer.{n}", f"{ours}.conv{n + 1}", f"{ours}.bn{n + 1}")
        if stage:  # the first stage keeps the size
            first = f"layer{stage + 1}.0.downsample"
            yield from _pair(f"encoder.stages.{stage}.layers.0.shortcut", f"{first}.0", f"{first}.1")


def _pair(theirs: str, convolution: str, norm: str) -> Iterator[tuple[str, str]]:
    yield f"{theirs}.convolution", convolution
    yield f"{theirs}.normalization", norm


#: With the name of the trunk before it (with a head), and without (``ResNetModel``).
HF_RESNET = {
    **{f"resnet.{theirs}": ours for theirs, ours in _layers()},
    **dict(_layers()),
    "classifier.1": "fc",
}
