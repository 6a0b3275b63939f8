"""The layouts that files of weights come in: what other libraries call the layers of our networks."""

from collections.abc import Mapping
from dataclasses import dataclass

from biofm_desktop.engine.registry import Registry

from .layout_hf_mobilenet import HF_MOBILENET, HF_MOBILENET_NOTE
from .layout_hf_resnet import HF_RESNET
from .layout_timm_mobilenet import TIMM_MOBILENET
from .layout_timm_vgg import TIMM_VGG, TIMM_VGG_FLATTENED


@dataclass(frozen=True)
class Layout:
    """``layers`` leads from a file's layer to ours, for ``models``; no entry: the layer has our name.

    ``flattened`` are those of our layers that the file holds as convolutions over the whole picture. ``scaling`` is
    that of the images which published weights of this layout want (empty: not said by the layout), ``note`` what
    differs all the same.
    """

    name: str
    title: str
    models: tuple[str, ...] = ()
    layers: Mapping[str, str] | None = None
    flattened: frozenset[str] = frozenset()
    scaling: str = ""
    note: str = ""

    def ours(self, name: str) -> str | None:
        """Return our name of a file's tensor; None where this layout knows no such layer."""
        layer, _, leaf = name.rpartition(".")
        if self.layers is None:
            return name
        return f"{self.layers[layer]}.{leaf}" if layer in self.layers else None

    def fits(self, name: str, given: tuple[int, ...], own: tuple[int, ...]) -> bool:
        """Say whether a file's shape is that of our tensor, or becomes it by flattening."""
        if name.rpartition(".")[0] in self.flattened and len(given) == 4 and len(own) == 2:
            return own == (given[0], given[1] * given[2] * given[3])
        return given == own


_MOBILENETS = ("mobilenet-v2", "unet-mobilenet-v2")

LAYOUTS: Registry[Layout] = Registry(
    "layout",
    (
        Layout("timm-mobilenetv2", "timm's layout", _MOBILENETS, TIMM_MOBILENET, scaling="imagenet"),
        Layout(
            "hf-mobilenetv2",
            "Hugging Face's layout",
            _MOBILENETS,
            HF_MOBILENET,
            scaling="symmetric",
            note=HF_MOBILENET_NOTE,
        ),
        Layout("hf-resnet18", "Hugging Face's layout", ("resnet18",), HF_RESNET, scaling="imagenet"),
        Layout(
            "timm-vgg16", "timm's layout", ("vgg16",), TIMM_VGG, flattened=TIMM_VGG_FLATTENED,
            scaling="imagenet",
        ),
    ),
)  # fmt: skip
_PUBLIC = {
    "resnet18": "torchvision's layout, which is timm's as well",
    "mobilenet-v2": "torchvision's layout",
    "unet-mobilenet-v2": "torchvision's layout of the trunk",
    "vgg16": "torchvision's layout",
    "unet": "MONAI's layout",
}


def own_layout(model: str) -> Layout:
    """Return the layout in which a model's tensors have our names."""
    return Layout("own", _PUBLIC.get(model, "this program's layout"))


def layouts_of(model: str) -> tuple[Layout, ...]:
    """Return the layouts that a model's weights may come in, its own first."""
    return own_layout(model), *(layout for layout in LAYOUTS if model in layout.models)
