"""Which task the labels of some data speak for."""

from collections.abc import Sequence

from biofm_desktop.engine.samples import Dataset, Grain, ImageSample

from .base import Task


def suggested(dataset: Dataset, tasks: Sequence[type[Task]]) -> str:
    """Return the name of the task that the labels speak for, else the first that takes such samples (empty: none)."""
    fitting = [task for task in tasks if task.takes is dataset.kind]
    masks = any(isinstance(sample, ImageSample) and sample.mask is not None for sample in dataset)
    numbers = any(isinstance(sample.target, float | int) for sample in dataset)
    for task in fitting:
        if (task.grain is Grain.PIXEL) == masks and ("regression" in task.name) == numbers:
            return task.name
    return fitting[0].name if fitting else ""
