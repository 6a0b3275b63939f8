"""Samples a second of a training through the warm child over a bare PyTorch loop, for three kinds of models.

Both train at once, on a CPU each on a core of its own, and change places several times a second. The bare loop is a
fresh process in each pair, and so is the child.

``.venv/bin/python tests/benchmarks throughput [--quick] [--device cuda]``; needs no display.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import made_up
from measuring import REPEATS, Row, load, ratio, show
from throughput import at_once

from biofm_desktop.engine.runners import Child

AIM = 0.97


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once and shorter, to see that it works")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement")
    given = parser.parse_args()
    pictures, sequences = "image-classification", "sequence-classification"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = (made_up.classes(folder / f"{side}px", side=side) for side in (28, 64))
        letters = made_up.sequences(folder / "letters.csv")
        kinds = {
            "CNN 28 px": made_up.training(pictures, "biomed-cnn", small, folder / "cnn", 32),
            "ResNet-18 64 px": made_up.training(pictures, "resnet18", large, folder / "resnet", 32, size=64),
            "GRU DNA": made_up.training(sequences, "gru", letters, folder / "gru", 64),
        }
        for job in kinds.values():
            job.fit_options["device"] = given.device
        seconds, repeats = (3.0, 1) if given.quick else (given.seconds, REPEATS)
        rows = []
        found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        for turn in range(repeats):
            for kind, job in kinds.items():
                child = Child()
                child.wait_warm()
                pair = at_once(child, job, seconds)
                child.close()
                found[kind].append(pair)
                said = f"{pair[1] / pair[0]:.3f} = {pair[1]:.0f} / {pair[0]:.0f}"
                print(f"  {turn + 1}/{repeats}  {kind:20} {said}   (load {load()})", flush=True)
    for kind, pairs in found.items():
        bare, ours = zip(*pairs)
        beside = f"bare loop {statistics.median(bare):.0f} samples/s"
        rows.append(Row(f"{kind}: child / bare loop", ratio(ours, bare), "", beside, AIM))
    show(f"Throughput on {given.device}", rows)


if __name__ == "__main__":
    main()
