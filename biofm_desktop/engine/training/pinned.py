"""Pinned samples, predicted after each epoch while a training goes on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from biofm_desktop.engine.events import EpochDone, Event, Preview, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.devices import ran_out_of_memory
from biofm_desktop.engine.inference.predict import predict
from biofm_desktop.engine.inference.run_folder import TrainedRun
from biofm_desktop.engine.predictions import Prediction
from biofm_desktop.engine.previews import Part, as_slices, part_of, write_looks
from biofm_desktop.engine.samples import Sample
from biofm_desktop.engine.tasks import Task


class Pinned:
    """Predicts some samples with the network of an epoch and keeps what it says in the run folder (see `previews`).

    Nothing that goes wrong here ends the training: it warns. No chance is drawn, so that the weights become those of a
    training without pinned samples.
    """

    def __init__(self, folder: Path, task: Task, samples: Sequence[Sample], device: torch.device) -> None:
        self._folder, self._task, self._samples, self._device = folder, task, list(samples), device
        self._parts: dict[str, Part] = {}

    def __call__(self, network: nn.Module, done: EpochDone) -> Iterator[Event]:
        """Predict, keep, and tell it."""
        made, told = self._made(network)
        yield from map(Warned, told)
        if not made:
            return
        try:
            path, looks = write_looks(self._folder, done.epoch, made)
        except Fault as fault:
            yield Warned(f"No preview: {fault}")
            return
        for look in looks:
            yield Preview(look.key, look.text, look.confidence, str(path))

    def _made(self, network: nn.Module) -> tuple[list[tuple[Prediction, Part]], list[str]]:
        made, told = list[tuple[Prediction, Part]](), list[str]()
        training = network.training
        network.eval()
        try:
            for sample in list(self._samples):
                try:
                    made.append(self._predicted(network, sample))
                except Fault as fault:
                    self._samples.remove(sample)
                    told.append(f"No longer previewed: {fault}")
                except (RuntimeError, MemoryError) as error:
                    if not ran_out_of_memory(error):
                        raise
                    self._samples.remove(sample)
                    told.append(f"No longer previewed: {sample.key} does not fit the memory beside the training")
        finally:
            network.train(training)
        return made, told

    def _predicted(self, network: nn.Module, sample: Sample) -> tuple[Prediction, Part]:
        if sample.key not in self._parts:
            self._parts[sample.key] = part_of(sample)
        part = self._parts[sample.key]
        run = TrainedRun(network, self._task, {})
        return predict(run, sample, _InMemory(), self._device, as_slices(part)), part


class _InMemory:
    """What `predict` writes into, kept nowhere."""

    def mask_files(
        self, key: str, shape: tuple[int, ...], dtype: np.dtype[Any] | type[np.generic]
    ) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        return np.zeros(shape, dtype), np.zeros(shape, np.uint8)

    def add(self, prediction: Prediction) -> None:
        pass
