"""timm's names of VGG16's layers (``vgg16``), and torchvision's."""

_CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
#: timm runs the dense layers as convolutions of 7 x 7 and 1 x 1.
_DENSE = {"pre_logits.fc1": "classifier.0", "pre_logits.fc2": "classifier.3"}

TIMM_VGG = {**{f"features.{n}": f"features.{n}" for n in _CONVOLUTIONS}, **_DENSE, "head.fc": "classifier.6"}
TIMM_VGG_FLATTENED = frozenset(_DENSE.values())
