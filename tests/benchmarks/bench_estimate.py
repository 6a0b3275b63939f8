"""How near the predicted memory and seconds of an epoch are to measured ones, each case in a process of its own.

.venv/bin/python tests/benchmarks/bench_estimate.py [--quick]
"""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from measuring import Row, asked, show

CASES = [
    ("resnet18", 64, 32, ()),
    ("resnet18", 64, 32, ("conv1", "bn1", "layer1", "layer2", "layer3")),
    ("mobilenet-v2", 96, 32, ()),
    ("mobilenet-v2", 96, 32, ("features",)),
    ("unet", 128, 8, ()),
    ("sequence-cnn", 251, 64, ()),
    ("gru", 251, 64, ()),
    ("vgg16", 64, 8, ("features",)),
]
STEPS = 4


def measured(name: str, size: int, batch: int, freeze: list[str]) -> dict[str, float]:
    """Train a few steps here; return the bytes that it took on top, and the seconds of a step."""
    import psutil
    import torch

    from biofm_desktop.engine.models import MODELS
    from biofm_desktop.engine.models.layers import describe, empty_batch, frozen_in
    from biofm_desktop.engine.models.memory import training_memory
    from biofm_desktop.engine.recipes import FitOptions
    from biofm_desktop.engine.samples import Grain, InputSpec, SequenceSample
    from biofm_desktop.engine.tasks import Item
    from biofm_desktop.engine.training.learner import Learner
    from biofm_desktop.engine.training.timing import seconds_a_step

    entry = MODELS[name]
    letters = entry.takes is SequenceSample
    inputs = InputSpec(4 if letters else 3, (size,) if letters else (size, size), "unit")
    with torch.device("meta"):
        network = entry.build(inputs, 2)
        layers = describe(network, empty_batch(inputs, letters))
    frozen = frozen_in(network, freeze)
    predicted = training_memory(layers, frozen, batch).total
    options = replace(FitOptions(), batch_size=batch, learning_rate=1e-4)

    class Loss:
        grain = entry.grain

        def loss(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(output, target)

    target = torch.zeros((size, size), dtype=torch.int64) if entry.grain is Grain.PIXEL else torch.tensor(0)
    items = [Item(empty_batch(inputs, letters)[0], target) for _ in range(batch)]
    warm = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.LazyLinear(2))
    warm(torch.zeros(2, 3, 32, 32)).sum().backward()  # libraries load at their first use
    torch.optim.AdamW(warm.parameters()).step()
    before = psutil.Process().memory_info().rss
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the imports
    network = entry.build(inputs, 2)
    learner = Learner(network, options, frozen, torch.device("cpu"))
    learner.train_mode()
    seconds = seconds_a_step(learner, network, Loss(), items)  # the prediction: a few steps
    began = time.perf_counter()
    for _ in range(STEPS):
        learner.set_rate(1.0)
        learner.step(network, Loss(), items)
    spent = (time.perf_counter() - began) / STEPS
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return {"predicted": predicted, "measured": peak - before, "step_predicted": seconds, "step_measured": spent}


def main() -> None:
    """Measure every case and print the ratios."""
    rows = []
    for name, size, batch, freeze in CASES[:2] if asked(__doc__) else CASES:
        case = f"{name!r}, {size}, {batch}, {list(freeze)!r}"
        code = f"import json, bench_estimate as b; print(json.dumps(b.measured({case})))"
        words = [sys.executable, "-c", code]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
        found = json.loads(done.stdout.splitlines()[-1])
        title = f"{name} {size} x {batch}{', partly frozen' if freeze else ''}"
        for what, figure, base, unit in (
            ("memory", "predicted", "measured", f"{found['measured'] / 1e6:.0f} MB measured"),
            ("time", "step_predicted", "step_measured", f"{found['step_measured'] * 1000:.0f} ms a step measured"),
        ):
            rows.append(Row(f"{what}: {title}", found[figure] / found[base], "of measured", unit))
    show("Estimates of memory (aim 0.75 to 1.25) and of time (0.5 to 1.5)", rows)


if __name__ == "__main__":
    main()
