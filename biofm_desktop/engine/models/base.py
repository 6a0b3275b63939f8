"""What a model's entry says, and the parts of a network that one can freeze."""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.samples import Grain, Sample
from biofm_desktop.engine.tasks.base import InputSpec

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Weights:
    """Pretrained weights to download: where, how large (bytes), which sha256, on what terms."""

    address: str
    size: int
    sha256: str
    licence: str
    trained_on: str


@dataclass(frozen=True)
class ModelEntry:
    """One model of the list.

    ``builder`` is ``module:function`` inside this package; it is called with (channels, outputs, size) and returns a
    module whose last named child is the head. ``preferred`` is the input it was made for. ``scaling`` says how
    images are fed: ``unit`` [0, 1], ``symmetric`` [-1, 1] or ``imagenet`` (mean and deviation of ImageNet).
    """

    name: str
    title: str
    help: str
    takes: type[Sample]
    grain: Grain
    builder: str
    preferred: InputSpec | None = None
    scaling: str = "unit"
    head: str = "head"
    weights: Weights | None = None
    licence: str = ""
    citation: str = ""

    def build(self, inputs: InputSpec, outputs: int) -> "nn.Module":
        """Return a fresh network; torch's global seed decides its weights."""
        module, function = self.builder.split(":")
        made: Any = getattr(importlib.import_module(module), function)(inputs, outputs)
        return made  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Layer:
    """One layer with tensors of its own, as the freeze dialog shows it.

    ``name`` is what patterns are matched against, ``stage`` the child of the network it lies in. ``shape`` is its
    output for one sample (without the batch), ``parameters`` its count of weights, ``activation_bytes`` what is kept of
    one sample for the backward pass.
    """

    name: str
    stage: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    activation_bytes: int
