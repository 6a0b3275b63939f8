"""Does "label these next" beat chance? Test figures at equal label counts, mean and spread over five seeds.

Red cells (chula_rbc12, 12 unbalanced classes): a frozen MobileNetV2 with ImageNet weights and a linear head that is
made anew at each count. Splice sites (60 letters, three classes) and promoters (300 letters, two): a 1-D CNN from
scratch, trained anew at each count. Each seed begins with the same random labelled samples for every way of choosing;
the model that was trained on them chooses the next ones out of the pool, whose labels are then told.

    .venv/bin/python tests/benchmarks/bench_active.py [--quick]
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import torch
from measuring import asked
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import StandardScaler

from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.inference.choosing import SPREADS, choose
from biofm_desktop.engine.inference.features import head_inputs, pooled
from biofm_desktop.engine.inference.looking import look
from biofm_desktop.engine.inference.run_folder import TrainedRun
from biofm_desktop.engine.inference.uncertainty import MEASURES
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.weights import take_weights, wanted_of
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import InputSpec
from biofm_desktop.engine.tasks import ImageClassification, SequenceClassification
from biofm_desktop.engine.training.checkpoints import Checkpoints
from biofm_desktop.engine.training.fit import fit

DATA = Path(__file__).parents[3] / "shared" / "data"
RANDOM = "random"
CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class Bench:
    """A pool to choose from, and what to make of a choice of labels.

    ``train(places, seed)`` returns (figures on the test split, features (N, D), doubts (N,), probabilities (N,
    classes)) of the pool, N = ``size``, by the model of the labelled ``places``.
    """

    name: str
    size: int
    first: int
    step: int
    rounds: int
    train: Callable[[list[int], int], "tuple[dict[str, float], NDArray, NDArray, NDArray]"]


def course(bench: Bench, spread: str, seed: int) -> list[dict[str, float]]:
    """Return the test figures after each round of labelling."""
    chance = np.random.default_rng(seed)
    known = chance.choice(bench.size, bench.first, replace=False).tolist()
    told = []
    for turn in range(bench.rounds + 1):
        figures, features, doubts, chances = bench.train(known, seed)
        told.append(figures)
        if turn == bench.rounds:
            break
        pool = np.setdiff1d(np.arange(bench.size), known)
        if spread == RANDOM:
            new = chance.choice(len(pool), bench.step, replace=False)
        else:
            made = choose(
                features[pool],
                doubts[pool],
                features[known],
                bench.step,
                spread=spread,
                probabilities=chances[pool],
                seed=seed,
            )
            new = np.array([choice.place for choice in made])
        known += pool[new].tolist()
    return told


def unit(rows: NDArray) -> NDArray:
    """Return the rows at length 1."""
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def red_cells(folder: Path, size: int = 96) -> Bench:
    """Return the bench of red cells; the trunk sees each picture once."""
    with ZipFile(DATA / "classify" / "chula_rbc12" / "crops.zip") as crops:
        crops.extractall(folder)
    data = open_data([folder])
    task = ImageClassification(size=size, scaling="symmetric", classes=data.classes or _met(data))
    entry = MODELS["mobilenet-v2"]
    network = entry.build(InputSpec(3, (size, size), "symmetric"), 1000).eval()
    take_weights(network, DATA / "weights" / "mobilenet_v2_imagenet1k_fp16.pt", wanted_of(network, entry))
    seen, truth = {}, {}
    for split in ("train", "test"):
        part = data.of_split(split).samples
        rows = []
        with torch.inference_mode(), head_inputs(network, "classifier.1") as caught:
            for start in range(0, len(part), 64):
                inputs = torch.stack([task.encode(s)[0].inputs for s in part[start : start + 64]])
                rows.append(pooled(caught, network(inputs)).numpy())
        seen[split], truth[split] = np.concatenate(rows), np.array([task.classes.index(s.target) for s in part])
    scale = StandardScaler().fit(seen["train"])  # of the unlabelled pool
    points = {split: scale.transform(rows) for split, rows in seen.items()}
    features = unit(seen["train"])

    def train(places: list[int], _: int) -> tuple[dict[str, float], NDArray, NDArray, NDArray]:
        head = LogisticRegression(C=0.01, max_iter=300).fit(points["train"][places], truth["train"][places])
        said = head.predict(points["test"])
        figures = {
            "accuracy": float(accuracy_score(truth["test"], said)),
            "macro_f1": float(f1_score(truth["test"], said, average="macro", zero_division=0)),
        }
        chances = np.zeros((len(features), len(task.classes)), np.float32)
        chances[:, head.classes_] = head.predict_proba(points["train"])
        doubts = MEASURES["margin"](torch.from_numpy(chances)).double().numpy()
        return figures, features, doubts, chances

    return Bench("red cells", len(features), 48, 48, 5, train)


def _met(data) -> tuple[str, ...]:
    return tuple(sorted({str(sample.target) for sample in data}))


def sequences(folder: Path, name: str, size: int = 1500, steps: int = 300) -> Bench:
    """Return the bench of a table of DNA, on a part of its training split."""
    data = open_data([DATA / "dna" / f"{name}.csv.gz"])
    task = SequenceClassification(classes=_met(data)).for_dataset(data)
    part = data.of_split("train").samples
    part = [part[n] for n in np.random.default_rng(0).choice(len(part), size, replace=False)]
    items = [task.encode(sample)[0] for sample in part]
    test = [task.encode(sample)[0] for sample in data.of_split("test")]
    entry = MODELS["sequence-cnn"]

    def train(places: list[int], seed: int) -> tuple[dict[str, float], NDArray, NDArray, NDArray]:
        torch.manual_seed(seed)
        network = entry.build(task.inputs, task.outputs)
        batch = 16
        epochs = max(1, round(steps * batch / len(places)))
        options = FitOptions(epochs=epochs, batch_size=batch, learning_rate=2e-3, patience=epochs, seed=seed)
        for _ in fit(
            network,
            task,
            [items[n] for n in places],
            [],
            options,
            frozen=(),
            repeats=[1] * len(places),
            checkpoints=Checkpoints(folder / "run", network),
            device=CPU,
        ):
            pass
        network.eval()
        with torch.inference_mode():
            said = torch.cat(
                [network(torch.stack([i.inputs for i in test[s : s + 64]])) for s in range(0, len(test), 64)]
            )
        figures = task.score(list(said), [item.target for item in test])
        looks = _whole(look(TrainedRun(network, task, {"model": entry.name}), part, CPU))
        return (
            {"accuracy": figures["accuracy"], "macro_f1": figures["macro_f1"]},
            np.stack([each.features for each in looks]),
            np.array([each.doubt for each in looks]),
            np.stack([each.probabilities for each in looks]),
        )

    return Bench(name, size, 40, 40, 4, train)


def _whole(events):
    """Return what a generator of events returns."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def figures(bench: Bench, ways: tuple[str, ...], seeds: int, metric: str) -> dict[str, NDArray]:
    """Return for each way of choosing the test figure by (seed, round)."""
    return {way: np.array([[f[metric] for f in course(bench, way, seed)] for seed in range(seeds)]) for way in ways}


def show(bench: Bench, found: dict[str, NDArray], metric: str) -> None:
    """Print a table: a row a way, a column a label count; the last column is the mean over the later counts."""
    counts = [bench.first + n * bench.step for n in range(bench.rounds + 1)]
    print(f"\n{bench.name}: test {metric} by number of labels, mean ± deviation over {len(found[RANDOM])} seeds")
    print(f"{'':14}" + "".join(f"{count:>16}" for count in counts) + f"{'mean after 1st':>18}")
    for way, table in found.items():
        cells = "".join(f"{m:>9.3f} ± {d:.3f}" for m, d in zip(table.mean(0), table.std(0)))
        print(f"{way:14}{cells}{table[:, 1:].mean():>18.3f}", flush=True)


def main() -> None:
    """Print the tables."""
    quick = asked(__doc__ or "")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        for bench, metric, ways in (
            (red_cells(Path(name) / "cells"), "macro_f1", (RANDOM, *SPREADS)),
            (sequences(Path(name), "splice_uci"), "accuracy", (RANDOM, *SPREADS[:2])),
            (sequences(Path(name), "promoter_tata_human"), "accuracy", (RANDOM, *SPREADS[:1])),
        ):
            show(bench, figures(bench, ways, 1 if quick else 5, metric), metric)


if __name__ == "__main__":
    main()
