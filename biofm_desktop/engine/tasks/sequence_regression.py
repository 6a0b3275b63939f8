"""Sequence regression: a number for a whole DNA, RNA or protein sequence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import option
from biofm_desktop.engine.predictions import ValuePrediction
from biofm_desktop.engine.samples import Dataset, Grain, InputSpec, Sample, SequenceSample

from .base import Item
from .sequence_task import SequenceTask

if TYPE_CHECKING:
    from typing import Self

    from torch import Tensor

_NAMES = ("label", "target", "value", "expression", "fitness", "activity", "score")
_NOT_TARGETS = ("start", "end", "position", "id", "index", "length")


@dataclass(frozen=True, kw_only=True)
class SequenceRegression(SequenceTask):
    """Say how large a measured value is for a sequence: expression, fitness, binding."""

    name: ClassVar[str] = "sequence-regression"
    title: ClassVar[str] = "Sequence regression"
    help: ClassVar[str] = "A number for each sequence: expression, fitness, stability."
    grain: ClassVar[Grain] = Grain.SAMPLE
    metric: ClassVar[str] = "pearson"
    recipe: ClassVar[dict[str, float]] = {"steps": 1500, "batch_size": 64, "learning_rate": 2e-3}

    column: str = option(
        "", "Column", help="The column with the number to learn; empty: 'label', or the first column of numbers"
    )

    mean: float = 0.0
    deviation: float = 1.0

    def for_dataset(self, dataset: Dataset, preferred: InputSpec | None = None) -> "Self":
        """Find the column, its scale, the alphabet and the length; raise `Fault` where there are no numbers."""
        samples = [s for s in dataset if isinstance(s, SequenceSample)]
        column = self.column or _column_of_numbers(dataset, samples)
        made = replace(self.with_letters(dataset), column=column)
        if (self.mean, self.deviation) != (0.0, 1.0):
            return made  # it is that of a teacher, whose answers are in this scale
        values = np.array([v for v in (made.value_of(s) for s in samples if s.split in ("train", "")) if v is not None])
        if values.size < 2 or values.std() == 0:
            fault = "fewer than two sequences have a number" if values.size < 2 else "all numbers are equal"
            raise Fault(dataset.name, f"{fault} in the column {column!r}", "Choose another column or add measurements")
        return replace(made, mean=float(values.mean()), deviation=float(values.std()))

    def value_of(self, sample: Sample) -> float | None:
        """Return the measured number of a sample; None where there is none."""
        cell = sample.columns.get(self.column, sample.target)
        try:
            value = float(str(cell))
        except ValueError:
            return None
        return value if np.isfinite(value) else None

    def labelled(self, sample: Sample) -> bool:
        """Say whether a sequence has a number in the column."""
        return self.value_of(sample) is not None

    def counted(self, sample: Sample) -> float | None:
        """Return the measured number of a sample; None where there is none."""
        return self.value_of(sample)

    @property
    def outputs(self) -> int:
        """Return 1: the number, with mean 0 and deviation 1 over the training samples."""
        return 1

    def encode(self, sample: Sample) -> list[Item]:
        """Return (length,) int64 of letters and (1,) float32, the number in deviations from the mean."""
        from torch import tensor

        value = self.value_of(sample)
        target = None if value is None else tensor([(value - self.mean) / self.deviation])
        return [Item(self.letters_of(sample), target)]

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the mean squared error in deviations."""
        from torch.nn.functional import mse_loss

        return mse_loss(output, target)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return Pearson's and Spearman's correlation, R2 and the root mean square error in the column's unit."""
        from scipy.stats import pearsonr, spearmanr
        from sklearn.metrics import r2_score, root_mean_squared_error
        from torch import cat

        said = cat(list(outputs)).double().numpy() * self.deviation + self.mean
        truth = cat(list(targets)).double().numpy() * self.deviation + self.mean
        scores = {"rmse": float(root_mean_squared_error(truth, said))}
        if len(truth) > 1 and said.std() > 0 and truth.std() > 0:
            scores |= {"pearson": float(pearsonr(truth, said)[0]), "spearman": float(spearmanr(truth, said)[0])}
            scores["r2"] = float(r2_score(truth, said))
        return {"pearson": 0.0} | scores

    def decode(self, output: "Tensor", sample: Sample) -> ValuePrediction:
        """Return the number in the column's unit."""
        return ValuePrediction(sample.key, float(output[0]) * self.deviation + self.mean, self.column)


def _column_of_numbers(dataset: Dataset, samples: list[SequenceSample]) -> str:
    cells: dict[str, list[str]] = {}
    for sample in samples[:500]:
        stated = {} if sample.target is None else {"label": str(sample.target)}
        for name, cell in (stated | sample.columns).items():
            cells.setdefault(name, []).append(cell)
    numbers = [name for name, values in cells.items() if _mostly_numbers(values) and name.lower() not in _NOT_TARGETS]
    for name in (*_NAMES, *numbers):
        if name in numbers:
            return name
    raise Fault(
        dataset.name,
        "it has no column of numbers to learn",
        "Give a 'label' column with numbers, or name one with --column",
    )


def _mostly_numbers(cells: list[str]) -> bool:
    def is_number(cell: str) -> bool:
        try:
            return bool(np.isfinite(float(cell)))
        except ValueError:
            return False

    given = [cell for cell in cells if cell.strip()]  # most may be empty: measured are a few
    return sum(map(is_number, given)) > len(given) / 2
