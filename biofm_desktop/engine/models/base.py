"""What a model's entry says, and the parts of a network that one can freeze."""

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.samples import Grain, InputSpec, Sample

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Weights:
    """Pretrained weights to download: where, how large (bytes), which sha256, on what terms.

    ``sha256`` may be its first digits, as torchvision puts them into its file names. ``scaling`` is that of the images
    they were trained on; see `InputSpec`.
    """

    address: str
    size: int
    sha256: str
    licence: str
    trained_on: str
    scaling: str = "imagenet"


@dataclass(frozen=True)
class ModelEntry:
    """One model of the list.

    ``builder`` is ``module:function`` inside this package; it is called with (inputs, outputs). ``preferred`` is the
    input it was made for (None: whatever the data has). ``head`` names the layer that is made anew for each task;
    ``trunk`` the part that published weights are for, where they are for a part alone (empty: for the whole network).
    ``recipe`` overrides the task's recipe of good training options.
    """

    name: str
    title: str
    help: str
    takes: type[Sample]
    grain: Grain
    builder: str
    preferred: InputSpec | None = None
    head: str = "head"
    trunk: str = ""
    recipe: dict[str, float] = field(default_factory=dict)
    weights: Weights | None = None
    licence: str = ""
    citation: str = ""

    def build(self, inputs: InputSpec, outputs: int) -> "nn.Module":
        """Return a fresh network; torch's global seed decides its weights."""
        module, function = self.builder.split(":")
        made: Any = getattr(importlib.import_module(module), function)(inputs, outputs)
        return made


@dataclass(frozen=True)
class Layer:
    """One layer with tensors of its own, as the freeze dialog shows it.

    ``name`` is what patterns are matched against, ``stage`` the child of the network it lies in. ``shape`` is its
    output for one sample (without the batch), ``parameters`` its count of weights, ``activation_bytes`` what is kept of
    one sample for the backward pass. ``tensors`` gives the size of each of its weights by name (``weight``, ``bias``).
    """

    name: str
    stage: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    activation_bytes: int
    tensors: dict[str, int] = field(default_factory=dict)
