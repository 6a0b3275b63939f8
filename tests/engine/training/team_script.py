"""One of several processes that train a small network together: ``team_script.py FOLDER``; the first writes."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from biofm_desktop.engine.events import EpochDone
from biofm_desktop.engine.ranks import rank
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import ImageClassification, Item
from biofm_desktop.engine.training.checkpoints import Checkpoints
from biofm_desktop.engine.training.fit import fit
from biofm_desktop.engine.training.steering import Steering

TASK = ImageClassification(size=16, classes=("dark", "light"), flips="all")
OPTIONS = FitOptions(epochs=4, batch_size=5, accumulate=2, learning_rate=1e-2, patience=9, ema=0.5)


def items(count):
    chance = torch.Generator().manual_seed(1)
    return [
        Item(torch.rand(3, 16, 16, generator=chance) * 0.5 + 0.3 * (n % 2), torch.tensor(n % 2)) for n in range(count)
    ]


def main():
    folder = Path(sys.argv[1])
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 2))
    wishes = [{"change": {"learning_rate": 5e-3}}]
    events = fit(
        network,
        TASK,
        items(36),
        items(7),
        OPTIONS,
        frozen=set(),
        repeats=[1] * 36,
        checkpoints=Checkpoints(folder, network, quiet=rank() > 0),
        device=torch.device("cpu"),
        steering=Steering(lambda: [wishes.pop()] if wishes and rank() == 0 else []),
    )
    told = list(events)
    if rank() == 0:
        last = next(event for event in reversed(told) if isinstance(event, EpochDone))
        figures = {"train": torch.tensor(last.train_loss), "validation": torch.tensor(last.validation_loss)}
        save_file({**network.state_dict(), **figures}, folder / "end.safetensors")


main()
