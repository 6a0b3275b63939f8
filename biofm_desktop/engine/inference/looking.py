"""A trained run looks at samples: how unsure it is of each, in numbers and in words, and what its features are."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biofm_desktop.engine.events import Event, Progress, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.samples import Grain, Sample
from biofm_desktop.engine.tasks import Item
from biofm_desktop.engine.tasks.thresholds import likeliest

from .features import head_inputs, pooled
from .run_folder import TrainedRun
from .tiling import each_window
from .uncertainty import MEASURES, dropping, worst_patch

_BATCH = 64
_SECONDS_BETWEEN = 0.2
#: So many passes with dropout say how far the numbers of a regression scatter.
PASSES = 10
#: A doubt below this is not worth words.
_WORTH_WORDS = 0.2


@dataclass(frozen=True, eq=False)
class Look:
    """What a run makes of one sample.

    ``features`` (D,) float32 of length 1. ``doubt`` is how unsure it is (None: the run cannot say by itself), ``words``
    the same for people (empty: it is sure), ``said`` its answer. ``probabilities`` (classes,) where the sample as a
    whole has a class, else None. ``labelled`` says that there is something to learn from it.
    """

    key: str
    labelled: bool
    features: NDArray[np.float32]
    doubt: float | None
    words: str
    said: str
    probabilities: NDArray[np.float32] | None = None


def look(
    run: TrainedRun,
    samples: Sequence[Sample],
    device: torch.device,
    *,
    measure: str = "margin",
    patch: bool = False,
    seed: int = 0,
) -> Generator[Event, None, list[Look]]:
    """Look at the samples, telling how far it is; one that cannot be read is left out with a warning.

    ``measure`` is one of `MEASURES`; for masks it is averaged over all pixels, or over the most uncertain ``patch``.
    """
    made: list[Look] = []
    first, told = None, time.monotonic()
    looks = _of_pixels if run.task.grain is Grain.PIXEL else _of_samples
    waiting = iter(samples)
    done = 0
    with torch.inference_mode(), head_inputs(run.network, MODELS[run.card["model"]].head) as caught:
        while part := list(islice(waiting, 1 if run.task.grain is Grain.PIXEL else _BATCH)):
            encoded: list[tuple[Sample, list[Item]]] = []
            for sample in part:
                try:
                    encoded.append((sample, run.task.encode(sample)))
                except Fault as fault:
                    first = first or fault
                    yield Warned(f"Left out: {fault}")
            if encoded:
                made += looks(run, encoded, device, caught, measure, patch, seed)
            done += len(part)
            if done == len(samples) or time.monotonic() - told > _SECONDS_BETWEEN:
                told = time.monotonic()
                yield Progress(done, len(samples), "Looking at samples")
    if samples and not made:
        raise first or Fault("samples", "none can be read", "Give other data")
    return made


def _of_samples(
    run: TrainedRun,
    encoded: Sequence[tuple[Sample, list[Item]]],
    device: torch.device,
    caught: list[Tensor],
    measure: str,
    _: bool,
    seed: int,
) -> Iterator[Look]:
    inputs = torch.stack([item.inputs for _, items in encoded for item in items]).to(device)
    outputs = run.network(inputs).float().cpu()
    features, scatter = pooled(caught, outputs), None
    if run.task.outputs == 1:
        with dropping(run.network, seed) as drops:
            if drops:
                scatter = torch.stack([run.network(inputs).float().cpu() for _ in range(PASSES)]).std(0)[:, 0]
        caught.clear()
    start = 0
    for sample, items in encoded:
        part = slice(start, start + len(items))
        start += len(items)
        vector, labelled = _unit(features[part].mean(0)), run.task.labelled(sample)
        said = run.task.decode(outputs[part].mean(0), sample)
        if run.task.outputs == 1:
            doubt = None if scatter is None else float(scatter[part].mean())
            words = (
                "" if doubt is None else f"unsure: {said.text} ± {_in_unit(run, outputs[part].mean(0), doubt, sample)}"
            )
            yield Look(sample.key, labelled, vector, doubt, words, said.text)
            continue
        chances = outputs[part].softmax(-1).mean(0)
        doubt = float(MEASURES[measure](chances))
        yield Look(sample.key, labelled, vector, doubt, _two(run, chances, doubt), said.text, chances.numpy())


def _of_pixels(
    run: TrainedRun,
    encoded: Sequence[tuple[Sample, list[Item]]],
    device: torch.device,
    caught: list[Tensor],
    measure: str,
    patch: bool,
    _: int,
) -> Iterator[Look]:
    """Look window by window; of a volume's slices the mean counts, or the slice with the most uncertain patch."""
    for sample, items in encoded:
        means, worst, parts, weights = [], (-1.0, ""), [], []
        pixels = torch.zeros(run.task.outputs, dtype=torch.int64)
        for number, item in enumerate(items):
            height, width = item.inputs.shape[-2:]
            doubt = torch.zeros(height, width)

            def feed(down: slice, across: slice, inputs: Tensor = item.inputs) -> Tensor:
                return inputs[:, down, across]

            for (down, across), logits in each_window(run.network, (height, width), feed, device):
                chances = logits.float().softmax(0)
                doubt[down, across] = MEASURES[measure](chances.movedim(0, -1)).cpu()
                pixels += likeliest(chances).flatten().bincount(minlength=run.task.outputs).cpu()
                parts.append(pooled(caught, logits[None])[0])
                weights.append(logits[0].numel())
            means.append(float(doubt.mean()))
            mean, (y, x) = worst_patch(doubt)
            slice_ = f"slice {number + 1}, " if len(items) > 1 else ""
            worst = max(worst, (mean, f"{slice_}y {y}, x {x}"))
        shares = torch.tensor(weights, dtype=torch.float32)
        vector = _unit((torch.stack(parts) * (shares / shares.sum())[:, None]).sum(0))
        score = worst[0] if patch else sum(means) / len(means)
        words = f"unsure: {sum(means) / len(means):.2f} over the picture, {worst[0]:.2f} about {worst[1]}"
        yield Look(sample.key, run.task.labelled(sample), vector, score, words, _shares(run, pixels))


def _unit(vector: Tensor) -> NDArray[np.float32]:
    """Return a vector of length 1, so that likeness is of direction: bright and pale pictures of a kind are near."""
    made: NDArray[np.float32] = (vector / vector.norm().clamp_min(1e-12)).numpy().astype(np.float32)
    return made


def _names(run: TrainedRun) -> tuple[str, ...]:
    return tuple(getattr(run.task, "classes", ())) or tuple(f"class {n}" for n in range(run.task.outputs))


def _two(run: TrainedRun, chances: Tensor, doubt: float) -> str:
    """Return the two likeliest classes with their probabilities; empty where the first leaves no doubt."""
    if doubt < _WORTH_WORDS:
        return ""
    best = chances.topk(2)
    (first, second), names = zip(best.values.tolist(), best.indices.tolist()), _names(run)
    return "unsure: " + " / ".join(f"{value:.2f} {names[place]}" for value, place in (first, second))


def _in_unit(run: TrainedRun, output: Tensor, deviation: float, sample: Sample) -> str:
    """Return a deviation of the output in the unit of the answer: what the answer would change by."""
    low, high = (getattr(run.task.decode(output + sign * deviation, sample), "value", 0.0) for sign in (-0.5, 0.5))
    return f"{abs(high - low):.2g}"


def _shares(run: TrainedRun, pixels: Tensor) -> str:
    total, names = max(1, int(pixels.sum())), _names(run)
    said = [f"{name} {int(count) / total:.1%}" for name, count in zip(names[1:], pixels[1:].tolist()) if count]
    return ", ".join(said) or "background only"
