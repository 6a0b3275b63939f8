"""Show what augmentation makes of a sample: pictures with the outlines of their masks, or sequences."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.events import Event, Finished, Preview, Saved, Started
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_json
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.options import from_json, to_flags
from biofm_desktop.engine.samples import Dataset, Sample
from biofm_desktop.engine.tasks import Item, Task
from biofm_desktop.engine.tasks.augmentation import in_words

from .augment_files import versions, write_letters, write_pictures
from .base import Job
from .data import learnable, opened, task_class

if TYPE_CHECKING:
    from torch import Tensor

PREVIEW = "preview.json"


@dataclass(frozen=True, kw_only=True)
class AugmentPreviewJob(Job):
    """Write a sample as it is and ``count`` versions of it, changed as a training of this task would, into ``out``.

    ``key`` names the sample (empty: the first that has a label), ``model`` for which the sample is made ready (empty:
    none in particular). Pictures become PNG files, sequences a FASTA file; ``preview.json`` lists them.
    """

    name: ClassVar[str] = "augment"
    task: str
    data: tuple[str, ...]
    out: str
    key: str = ""
    count: int = 8
    seed: int = 0
    model: str = ""
    task_options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return "Show the augmentation"

    def command(self) -> list[str]:
        """Return the command line that writes the same."""
        words = ["biofm", "augment", *self.data, "--task", self.task, "--out", self.out]
        for name in ("key", "count", "seed", "model"):
            value = getattr(self, name)
            words += [f"--{name}", str(value)] if value != getattr(AugmentPreviewJob, name) else []
        return words + to_flags(from_json(task_class(self.task), self.task_options))

    def run(self) -> Iterator[Event]:
        """Open the data, make the sample ready, change it, write."""
        kind, folder = task_class(self.task), Path(self.out)
        wanted = from_json(kind, self.task_options)
        yield Started(self.title, self.count)
        dataset = yield from opened(self.data, kind)
        sample = self._sample(dataset)
        preferred = MODELS[self.model].preferred if self.model else None
        task = wanted.for_dataset(dataset, preferred)
        item = _whole(task, sample)
        made = versions(task, item, self.count, self.seed)
        folder.mkdir(parents=True, exist_ok=True)
        if item.inputs.ndim == 1:
            rows = write_letters(task, item, made, folder, sample.key)
        else:
            rows = write_pictures(task, item, made, folder, sample.key)
        words = in_words(kind, task.to_values())
        facts = {"kind": "letters" if item.inputs.ndim == 1 else "pictures", "key": sample.key, "rows": rows}
        write_json(folder / PREVIEW, {**facts, "on": words, "task": self.task}, room="export")
        yield Preview(sample.key, words, path=str(folder))
        yield Saved(str(folder), "preview")
        yield Finished(f"{len(made)} versions of {sample.key}; on: {words}", result={"folder": str(folder), **facts})

    def _sample(self, dataset: Dataset) -> Sample:
        if not self.key:
            labelled = learnable(dataset) or dataset.samples
            if not labelled:
                raise Fault(dataset.name, "it holds no sample", "Give other data")
            return labelled[0]
        try:
            return dataset.by_key(self.key)
        except KeyError:
            raise Fault(f"sample {self.key}", "the data has none of this name", "See 'biofm inspect'") from None


def _whole(task: Task, sample: Sample) -> Item:
    """Return a sample as the network sees it (of a volume the middle slice); an empty mask where it has none."""
    items = task.encode(sample)
    item = items[len(items) // 2]
    if item.target is not None or task.grain.value != "pixel":
        return item
    return Item(item.inputs, _blank(item.inputs))


def _blank(inputs: "Tensor") -> "Tensor":
    from torch import uint8, zeros

    return zeros(inputs.shape[-2:], dtype=uint8)
