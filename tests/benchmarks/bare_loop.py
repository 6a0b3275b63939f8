"""The baseline: a plain PyTorch loop over the same items, model, seed, optimiser, schedule and threads as a `TrainJob`.

Run in a process of its own: it reads lines ``<seconds> <job as JSON>`` and answers each with the samples per second;
with 0 seconds it goes on until it is killed and answers each step with a line.
"""

import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.inference.devices import chosen_device, placed, threads
from biofm_desktop.engine.jobs import FitOptions, TrainJob, job_from_json
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.samples.splits import with_split
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.engine.training.precision import Precision

WARM_UP = 3


def steps(job: TrainJob) -> Iterator[int]:
    """Train without end; give the size of each batch that was learnt."""
    options, entry = from_json(FitOptions, job.fit_options), MODELS[job.model]
    dataset = open_data([Path(path) for path in job.data])
    samples = with_split(dataset.samples, seed=options.seed, validation=options.validation)
    chosen = from_json(TASKS[job.task], job.task_options)
    task = chosen.for_dataset(replace(dataset, samples=samples), entry.preferred)
    items = [item for sample in samples for item in task.encode(sample)]
    device = chosen_device(options.device)
    precision = Precision(options.precision, device)
    with threads(options.threads):
        torch.manual_seed(options.seed)
        network = placed(entry.build(task.inputs, task.outputs), device)
        network.train()
        rates = {"lr": options.learning_rate, "weight_decay": options.weight_decay}
        optimizer = torch.optim.AdamW(network.parameters(), fused=True, **rates)
        planned = options.epochs * math.ceil(len(items) / options.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.learning_rate, planned, cycle_momentum=False)
        chance = torch.Generator().manual_seed(options.seed)
        losses = []
        while True:
            order = torch.randperm(len(items), generator=chance).tolist()
            for start in range(0, len(order), options.batch_size):
                batch = [task.augment(items[i], chance) for i in order[start : start + options.batch_size]]
                inputs = torch.stack([item.inputs for item in batch]).to(device)
                target = torch.stack([item.target for item in batch if item.target is not None]).to(device)
                optimizer.zero_grad(set_to_none=True)
                with precision():
                    loss = task.loss(network(inputs), target)
                torch.autograd.backward(loss)
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                losses.append(loss.item())
                yield len(batch)


def samples_per_second(job: TrainJob, seconds: float) -> float:
    """Train for so long and return the rate, the first few steps left out."""
    seen, began = 0, 0.0
    for done, size in enumerate(steps(job), 1):
        if done == WARM_UP:
            began = time.perf_counter()
        elif done > WARM_UP:
            seen += size
            if time.perf_counter() - began > seconds:
                break
    return seen / (time.perf_counter() - began)


def main() -> None:
    """Answer each line."""
    for line in sys.stdin:
        seconds, _, job = line.partition(" ")
        asked = job_from_json(json.loads(job))
        assert isinstance(asked, TrainJob)
        if float(seconds):
            print(samples_per_second(asked, float(seconds)), flush=True)
        else:
            for size in steps(asked):
                print(size, flush=True)


if __name__ == "__main__":
    main()
