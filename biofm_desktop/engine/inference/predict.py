"""Samples through a trained run: predictions into a prediction folder, one by one."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from biofm_desktop.engine.predictions import CurvePrediction, Prediction, ValuePrediction
from biofm_desktop.engine.samples import Grain, ImageSample, Sample, SequenceSample
from biofm_desktop.engine.tasks import SemanticSegmentation, SequenceClassification
from biofm_desktop.engine.tasks.semantic_segmentation import mask_prediction
from biofm_desktop.engine.tasks.sequences import check_alphabet, letter_indices
from biofm_desktop.engine.tasks.thresholds import chosen

from .run_folder import TrainedRun
from .tiling import each_window

#: A sequence longer than this many windows is scored along its length instead of as a whole.
_LONG = 1.5
_BATCH = 64
_LINE = 0.5


class Store(Protocol):
    """Where predictions go: a `PredictionWriter`, or what acts like one."""

    def mask_files(
        self, key: str, shape: tuple[int, ...], dtype: np.dtype[Any] | type[np.generic]
    ) -> tuple[NDArray[Any], NDArray[np.uint8]]: ...

    def add(self, prediction: Prediction) -> None: ...


def predict(
    run: TrainedRun, sample: Sample, store: Store, device: torch.device, part: tuple[slice, ...] = ()
) -> Prediction:
    """Return what the run says of one sample, written into the store; raise `Fault` where it cannot be read.

    Where each pixel is predicted, ``part`` limits it to these places of the spatial axes (empty: all of them).
    """
    with torch.inference_mode():
        made = _predict(run, sample, store, device, part)
    store.add(made)
    return made


def _predict(
    run: TrainedRun, sample: Sample, store: Store, device: torch.device, part: tuple[slice, ...]
) -> Prediction:
    if run.task.grain is Grain.PIXEL and isinstance(sample, ImageSample):
        return _mask(run, sample, store, device, part)
    if isinstance(sample, SequenceSample) and len(sample) > _LONG * run.task.inputs.size[0]:
        return _curve(run, sample, device)
    (item,) = run.task.encode(sample)
    return run.task.decode(run.network(item.inputs[None].to(device))[0].float().cpu(), sample)


def _mask(
    run: TrainedRun, sample: ImageSample, store: Store, device: torch.device, part: tuple[slice, ...]
) -> Prediction:
    """Go window by window into memory-mapped files, so that memory does not grow with the picture."""
    task = run.task
    assert isinstance(task, SemanticSegmentation)
    planes = sample.planes()
    bounds = task.bounds(planes)
    planes = planes[(slice(None), *part)]
    mask, certainty = store.mask_files(sample.key, planes.shape[1:], np.uint8)
    flat = planes.ndim == 3
    for z in range(1 if flat else planes.shape[1]):
        plane = planes if flat else planes[:, z]

        def feed(down: slice, across: slice, plane: NDArray[Any] = plane) -> torch.Tensor:
            return task.window(plane[:, down, across], bounds)

        for region, logits in each_window(run.network, (plane.shape[-2], plane.shape[-1]), feed, device):
            sure, index = chosen(logits, task.offsets)
            place: Any = region if flat else (z, *region)
            mask[place] = index.cpu().numpy()
            certainty[place] = (sure.cpu().numpy() * 255).round()
    return mask_prediction(sample, mask, certainty, task.classes)


def _curve(run: TrainedRun, sample: SequenceSample, device: torch.device) -> Prediction:
    """Slide the model's window along the sequence; each letter gets the mean score of the windows over it.

    Classes: the probability that it is not the first class (which is the negative one by custom), shifted where
    thresholds were tuned, so that the line stays at a half; values: the value.
    """
    task = run.task
    length = task.inputs.size[0]
    alphabet = getattr(task, "alphabet", sample.alphabet)
    check_alphabet(sample, alphabet)
    letters = letter_indices(sample.letters, alphabet, len(sample))
    starts = list(range(0, len(sample) - length + 1, max(1, length // 8)))
    if starts[-1] != len(sample) - length:
        starts.append(len(sample) - length)
    total, count = np.zeros(len(sample), np.float64), np.zeros(len(sample), np.int64)
    classes = task.classes if isinstance(task, SequenceClassification) else ()
    for first in range(0, len(starts), _BATCH):
        part = starts[first : first + _BATCH]
        outputs = run.network(torch.stack([letters[s : s + length] for s in part]).to(device)).float().cpu()
        for start, output in zip(part, outputs):
            said = task.decode(output, sample)
            score = said.value if isinstance(said, ValuePrediction) else 1 - float(task.compact(output).softmax(-1)[0])
            total[start : start + length] += score
            count[start : start + length] += 1
    scores = (total / np.maximum(count, 1)).astype(np.float32)
    name = "/".join(classes[1:]) if classes else str(getattr(task, "column", "value"))
    spans = _spans(scores, name) if classes else ()
    return CurvePrediction(sample.key, scores, name, spans, float(scores.max()) if classes else None)


def _spans(scores: NDArray[np.float32], name: str) -> tuple[tuple[int, int, str, float], ...]:
    above = np.concatenate([[False], scores > _LINE, [False]])
    starts, ends = np.flatnonzero(~above[:-1] & above[1:]), np.flatnonzero(above[:-1] & ~above[1:])
    return tuple((int(s), int(e), name, float(scores[s:e].mean())) for s, e in zip(starts, ends))
