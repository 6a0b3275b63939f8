"""What a training costs while it goes on: samples a second and memory, told once a second at most."""

import time
from collections.abc import Generator

import psutil

from biofm_desktop.engine.events import Event, Measured, StepDone

_SECONDS_BETWEEN = 1.0


def measured(events: Generator[Event, None, None], batch_size: int) -> Generator[Event, None, None]:
    """Pass the events of a training on, with a `Measured` after a step now and then.

    Time in which nobody asked for the next event (a pause) is not counted.
    """
    import torch

    process, on_gpu = psutil.Process(), torch.cuda.is_available()
    spent, steps, told = 0.0, 0, time.monotonic()
    try:
        while True:
            began = time.monotonic()
            event = next(events, None)
            spent += time.monotonic() - began
            if event is None:
                return
            yield event
            steps += isinstance(event, StepDone)
            if isinstance(event, StepDone) and steps and time.monotonic() - told >= _SECONDS_BETWEEN:
                graphics = torch.cuda.max_memory_allocated() if on_gpu else 0
                yield Measured(event.step, round(steps * batch_size / spent, 2), process.memory_info().rss, graphics)
                spent, steps, told = 0.0, 0, time.monotonic()
    finally:
        events.close()
