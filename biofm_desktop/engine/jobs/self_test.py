"""Shows that the machinery works: a few steps of learning on made-up numbers, or a mishap of the chosen kind."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from biofm_desktop.engine.events import Event, Finished, Saved, Started, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_json

from .base import Job

MISHAPS = ("", "fault", "error", "memory", "crash", "exit", "silence")


@dataclass(frozen=True, kw_only=True)
class SelfTestJob(Job):
    """Learn a slope from made-up numbers in ``steps`` steps of at least ``seconds`` each.

    ``device`` names the torch device that takes part; empty: none, and torch is not imported. ``mishap`` (one of
    `MISHAPS`) happens after the last step. ``out`` is a folder in which the slope is saved, also when stopped.
    """

    name: ClassVar[str] = "self-test"
    steps: int = 3
    seconds: float = 0.0
    device: str = ""
    mishap: str = ""
    out: str = ""

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return "Self-test"

    def command(self) -> list[str]:
        """Return the command that contains this test."""
        return ["biofm", "doctor"]

    def run(self) -> Iterator[Event]:
        """Take the steps, then finish or come to grief as asked; being closed saves the slope."""
        yield Started(self.title, steps=self.steps, epochs=1)
        slope = 0.0
        try:
            for step in range(1, self.steps + 1):
                time.sleep(self.seconds)
                slope += 0.5 * (2.0 - slope)
                loss = self._on_device((2.0 - slope) ** 2)
                print(f"self-test step {step}")  # noqa: T201 - what libraries print must not harm the pipe
                yield StepDone(step, 1, loss, 0.5)
        finally:
            if self.out:
                write_json(Path(self.out) / "self_test.json", {"slope": slope}, room="checkpoint")
        if self.out:
            yield Saved(str(Path(self.out) / "self_test.json"), "slope")
        self._come_to_grief()
        if self.mishap != "silence":
            yield Finished("Self-test: all steps done", result={"slope": slope, **self._facts()})

    def _on_device(self, value: float) -> float:
        """Return the number after a round trip through an optimiser on the device."""
        if not self.device:
            return value
        import torch

        weight = torch.nn.Parameter(torch.tensor([value], dtype=torch.float32, device=self.device))
        optimiser = torch.optim.SGD([weight], lr=0.0)
        weight.sum().backward()
        optimiser.step()
        return float(weight.item())

    def _facts(self) -> dict[str, Any]:
        """Return the devices on which torch can compute, where it takes part."""
        if not self.device:
            return {}
        import torch

        cards = [torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())]
        return {"devices": ["cpu", *cards, *(["mps"] if torch.backends.mps.is_available() else [])]}

    def _come_to_grief(self) -> None:
        match self.mishap:
            case "fault":
                raise Fault("self-test", "it was asked to fail", "Ask for no mishap")
            case "error":
                raise ZeroDivisionError("asked for")
            case "memory":
                raise MemoryError("asked for")
            case "exit":
                sys.stderr.write("last words\n")
                sys.stderr.flush()
                os._exit(3)
            case "crash":
                with suppress(AttributeError):
                    import resource

                    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                os.abort()
