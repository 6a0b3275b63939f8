"""Let a trained run predict: a prediction folder, and files for other programs where asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from biofm_desktop.engine.events import Event, Finished, Preview, Progress, Saved, Started, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Sample

from .base import Job
from .checkpoint_list import checkpoint
from .data import opened


@dataclass(frozen=True, kw_only=True)
class PredictJob(Job):
    """Predict the inputs with the run of a folder and write the prediction folder ``out``.

    ``keys`` limits it to these samples (empty: all). ``export`` names an export that is written into ``out`` as well.
    ``checkpoint`` is the epoch whose weights predict (0: those that the run uses).
    """

    name: ClassVar[str] = "predict"
    run_folder: str
    inputs: tuple[str, ...]
    out: str
    keys: tuple[str, ...] = ()
    export: str = ""
    device: str = "auto"
    checkpoint: int = 0

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Predict with {Path(self.run_folder).name}" + (f", epoch {self.checkpoint}" if self.checkpoint else "")

    def command(self) -> list[str]:
        """Return the command line that predicts the same inputs."""
        words = ["biofm", "predict", self.run_folder, *self.inputs, "--out", self.out]
        words += ["--keys", *self.keys] if self.keys else []
        words += ["--as", self.export] if self.export else []
        words += ["--checkpoint", str(self.checkpoint)] if self.checkpoint else []
        return words + (["--device", self.device] if self.device != "auto" else [])

    def run(self) -> Iterator[Event]:
        """Predict sample by sample; one that cannot be read is left out with a warning."""
        from biofm_desktop.engine.exports import EXPORTS, export
        from biofm_desktop.engine.inference.devices import chosen_device
        from biofm_desktop.engine.inference.predict import predict
        from biofm_desktop.engine.inference.run_folder import load_run
        from biofm_desktop.engine.project.audit import log_of
        from biofm_desktop.engine.project.prediction_store import PredictionWriter, read_predictions

        if self.export:
            EXPORTS[self.export]
        device = chosen_device(self.device)
        kept = Path(checkpoint(Path(self.run_folder), self.checkpoint).path) if self.checkpoint else None
        run = load_run(Path(self.run_folder), device, kept)
        dataset = yield from opened(self.inputs, type(run.task))
        samples = _chosen(dataset.samples, self.keys)
        yield Started(self.title, len(samples))
        store, first = PredictionWriter(Path(self.out)), None
        try:
            for done, sample in enumerate(samples, 1):
                try:
                    made = predict(run, sample, store, device)
                    yield Preview(sample.key, made.text, made.confidence, self.out)
                except Fault as fault:
                    if fault.mishap:
                        raise
                    first = first or fault
                    yield Warned(f"Left out: {fault}")
                yield Progress(done, len(samples), "Predicting")
        finally:
            store.close()
        if store.count == 0:
            raise first or Fault(dataset.name, "it holds no sample", "Give other data")
        predictions = read_predictions(Path(self.out))
        yield Saved(self.out, "predictions")
        if self.export:
            problems = [str(problem) for problem in dataset.problems_of({said.key for said in predictions})]
            facts = {"run": self.run_folder, "task": run.task.name, "model": run.card["model"], "problems": problems}
            paths = export(predictions, self.export, Path(self.out), facts=facts)
            for path in paths:
                yield Saved(str(path), "export")
            if log := log_of([Path(path) for path in self.inputs]):
                try:
                    log.add_export(Path(self.out), format=self.export, files=len(paths), run=self.run_folder)
                except Fault as fault:  # the files stand; a project that is only read takes no line
                    yield Warned(f"The project's log has no line of this export: {fault}")
        yield Finished(
            f"{len(predictions)} of {len(samples)} samples predicted", result={"predicted": len(predictions)}
        )


def _chosen(samples: tuple[Sample, ...], keys: tuple[str, ...]) -> tuple[Sample, ...]:
    if not keys:
        return samples
    wanted = set(keys)
    chosen = tuple(sample for sample in samples if sample.key in wanted)
    if missing := wanted - {sample.key for sample in chosen}:
        raise Fault(
            f"sample {sorted(missing)[0]}", "the data has none of this name", "Name keys as 'biofm inspect' lists them"
        )
    return chosen
