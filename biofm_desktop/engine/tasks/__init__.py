"""What can be asked of samples."""

from biofm_desktop.engine.registry import Registry

from .base import Item, Task
from .image_classification import ImageClassification
from .item_sequence import ItemSequence
from .semantic_segmentation import SemanticSegmentation
from .sequence_classification import SequenceClassification
from .sequence_regression import SequenceRegression

TASKS: Registry[type[Task]] = Registry(
    "task", (ImageClassification, SemanticSegmentation, SequenceClassification, SequenceRegression)
)

__all__ = [
    "TASKS",
    "ImageClassification",
    "Item",
    "ItemSequence",
    "SemanticSegmentation",
    "SequenceClassification",
    "SequenceRegression",
    "Task",
]
