"""Of which network a file of weights is: found among our models in all their layouts, else by marks of known ones."""

from collections.abc import Iterable

import torch

from biofm_desktop.engine.samples import InputSpec, SequenceSample

from . import MODELS
from .base import ModelEntry
from .matching import Match, Shapes, Wanted, match, some

_IMAGE, _SEQUENCE = InputSpec(3, (96, 96)), InputSpec(4, (200,))
#: Parts of names by which networks are known that are not in our list.
_SIGNS = (
    ("layer1.0.conv3.", "a deep ResNet such as ResNet-50, in torchvision's or timm's layout"),
    ("encoder.stages.0.layers.0.layer.2.", "a deep ResNet such as ResNet-50, in Hugging Face's layout"),
    ("layer4.2.conv2.", "a ResNet deeper than ResNet-18, in torchvision's or timm's layout"),
    (".attn.qkv.", "a vision transformer, in timm's layout"),
    (".attention.attention.query.", "a vision transformer, in Hugging Face's layout"),
    ("encoder.layers.encoder_layer_0.", "a vision transformer, in torchvision's layout"),
    ("bert.embeddings.", "a BERT, in Hugging Face's layout"),
    (".attention.self.query.", "a transformer for text or sequences, in Hugging Face's layout"),
    ("stages.0.blocks.0.conv_dw.", "a ConvNeXt, in timm's layout"),
    ("dwconv.", "a ConvNeXt, in its authors' or Hugging Face's layout"),
    ("denselayer1.", "a DenseNet, in torchvision's layout"),
    (".se.conv_reduce.", "an EfficientNet, in timm's layout"),
    ("features.1.0.block.", "an EfficientNet or MobileNetV3, in torchvision's layout"),
    ("Mixed_5b.", "an Inception-v3"),
    ("lora_A.", "adapters (LoRA) without the model that they belong to"),
)


def usual_inputs(entry: ModelEntry) -> InputSpec:
    """Return the input of a model where no data says which."""
    usual = entry.preferred or (_SEQUENCE if entry.takes is SequenceSample else _IMAGE)
    return usual if usual.size else InputSpec(usual.channels, _IMAGE.size, usual.scaling)


def shapes_of(entry: ModelEntry, inputs: InputSpec, outputs: int) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of a network's tensors, made without memory for them."""
    with torch.device("meta"):
        network = entry.build(inputs, outputs)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def matched(entry: ModelEntry, given: Shapes, inputs: InputSpec, outputs: int, **how: bool) -> Match:
    """Return what a model would take of a file; ``how`` goes to `Wanted`."""
    return match(Wanted(shapes_of(entry, inputs, outputs), entry.head, entry.trunk, entry.name, **how), given)


def seen(given: Shapes, besides: str = "") -> tuple[str, str]:
    """Return of which network a file is, in words, and the name of the model of our list (both empty: not known)."""
    for entry in MODELS:
        if entry.name == besides or entry.trunk:
            continue
        found = matched(entry, given, usual_inputs(entry), 2)
        if found.taken and not found.fault:
            return f"{entry.title}, in {found.source}", entry.name
    words = next((words for sign, words in _SIGNS if any(sign in name for name in given)), "")
    return words, ""


def in_words(given: Shapes, besides: str) -> tuple[str, str]:
    """Return what is seen in a file that a model cannot use, and the way out."""
    words, name = seen(given, besides)
    if name:
        return f"It looks like {words}", f"Choose the model {name} for it, or weights of {besides}"
    if words:
        return f"It looks like {words}, which is not in the list of models", f"Choose weights of {besides}"
    return f"Its names ({some(_first_of_each(given))}) are of no layout that is known", f"Choose weights of {besides}"


def _first_of_each(names: Iterable[str]) -> list[str]:
    return list({name.split(".")[0]: name for name in reversed(list(names))}.values())[::-1]
