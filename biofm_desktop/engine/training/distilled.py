"""A task that also learns what a teacher says of each sample (Hinton et al., arXiv 1503.02531)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from biofm_desktop.engine.inference.forward import answers
from biofm_desktop.engine.samples import Grain, Sample
from biofm_desktop.engine.tasks import Item, Task
from biofm_desktop.engine.tasks.intensity import shifted, unshifted

from .items import Items

#: A hard target that is not known: no number that a label could be.
UNKNOWN = float("nan")


@dataclass(frozen=True, eq=False)
class Distilled:
    """Stands for the student's task while it learns; targets hold the label (or `UNKNOWN`) and the teacher's answer.

    For a sample: (1 + outputs,) float32. For pixels (1 + outputs, Y, X): the teacher looks at each crop as it is drawn.
    ``share`` is how much the teacher counts beside the labels, ``temperature`` how soft its answers are made.
    """

    inner: Task
    share: float
    temperature: float
    teacher: nn.Module | None = field(default=None, repr=False)
    teacher_scaling: str = ""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    def augment(self, item: Item, generator: torch.Generator) -> Item:
        """Change an item by chance; the teacher's answer stays, or is asked for anew where it goes pixel by pixel."""
        if self.inner.grain is not Grain.PIXEL:
            return Item(self.inner.augment(Item(item.inputs, _hard(item)), generator).inputs, item.target)
        assert item.target is not None
        crop = self.inner.augment(Item(item.inputs, item.target), generator)
        assert crop.target is not None
        assert self.teacher is not None
        seen = shifted(unshifted(crop.inputs, self.inner.inputs.scaling), self.teacher_scaling)
        with torch.no_grad():
            said = self.teacher(seen[None].to(self.device))[0].float().cpu()
        return Item(crop.inputs, torch.cat([crop.target[None].float(), said]))

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of the labels and that of the teacher's answers; of plain targets the first alone."""
        outputs = output.shape[1]
        if target.ndim < 2 or target.shape[1] != outputs + 1 or target.ndim != output.ndim:
            return self.inner.loss(output, target)
        hard, soft = target[:, 0], target[:, 1:]
        parts = [self.share * self._teaching(output, soft)]
        if self.inner.grain is Grain.PIXEL:
            parts.append((1 - self.share) * self.inner.loss(output, hard.to(torch.uint8)))
        elif bool((known := ~hard.isnan()).any()) and self.share < 1:
            truth = hard[known][:, None] if outputs == 1 else hard[known].long()
            parts.append((1 - self.share) * known.float().mean() * self.inner.loss(output[known], truth))
        return torch.stack(parts).sum()

    def _teaching(self, output: Tensor, soft: Tensor) -> Tensor:
        if output.shape[1] == 1:
            return functional.mse_loss(output, soft)
        t = self.temperature
        pairs = functional.kl_div(
            (output / t).log_softmax(1), (soft / t).log_softmax(1), reduction="none", log_target=True
        )
        return pairs.sum(1).mean() * t * t

    def score(self, outputs: Sequence[Tensor], targets: Sequence[Tensor]) -> dict[str, float]:
        """Return the student's figures."""
        return self.inner.score(outputs, targets)

    def notes(self, outputs: Sequence[Tensor], targets: Sequence[Tensor]) -> dict[str, Any]:
        """Return what the student's task notices."""
        return self.inner.notes(outputs, targets)

    def compact(self, output: Tensor) -> Tensor:
        """Return what `score` needs of the output."""
        return self.inner.compact(output)


def taught(
    task: Distilled, items: Items, origin: Sequence[tuple[Sample, int]], teacher: nn.Module, own: Task
) -> list[Item]:
    """Return the student's items with what the teacher, whose task is ``own``, says of each sample.

    A picture that is not painted is given the teacher's classes as its label.
    """
    made = []
    for place, (sample, part) in enumerate(origin):
        item, seen = items[place], own.encode(sample)[part]
        with torch.inference_mode():
            if task.inner.grain is Grain.PIXEL:
                target = item.target
                if target is None:
                    ((_, answer, _),) = answers(teacher, own, [seen], task.device, 1)
                    target = answer.clone()
            else:
                said = teacher(seen.inputs[None].to(task.device))[0].float().cpu()
                hard = torch.tensor([UNKNOWN]) if item.target is None else item.target.reshape(1).float()
                target = torch.cat([hard, said]).clone()
        made.append(Item(item.inputs, target))
    return made


def _hard(item: Item) -> Tensor | None:
    return None if item.target is None else item.target[0]
