"""Samples a second of a training through the warm child over a bare PyTorch loop, for three kinds of models.

``.venv/bin/python tests/benchmarks throughput [--quick] [--device cuda]``; needs no display.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import made_up
from measuring import REPEATS, Row, interleaved, ratio, show
from throughput import BareLoop, through_child

from biofm_desktop.engine.runners import Child

AIM = 0.97


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once and shorter, to see that it works")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--seconds", type=float, default=12.0, help="of each measurement")
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
        bare, child = BareLoop(), Child()
        child.wait_warm()
        conditions = {}
        for kind, job in kinds.items():
            conditions[f"{kind}: bare"] = lambda job=job: bare.rate(job, seconds)  # type: ignore[misc]
            conditions[f"{kind}: child"] = lambda job=job: through_child(child, job, seconds)  # type: ignore[misc]
        found = interleaved(conditions, repeats)
        bare.close()
        child.close()
    rows = []
    for kind in kinds:
        of_bare = found[f"{kind}: bare"]
        beside = f"bare loop {statistics.median(of_bare):.0f} samples/s"
        rows.append(Row(f"{kind}: child / bare loop", ratio(found[f"{kind}: child"], of_bare), "", beside, AIM))
    show(f"Throughput on {given.device}", rows)


if __name__ == "__main__":
    main()
