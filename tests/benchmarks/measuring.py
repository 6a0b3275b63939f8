"""What the benchmarks share: the display, the command line, interleaved runs, and the table of figures."""

import argparse
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

REPEATS = 5
SCREEN = "-screen 0 1366x768x24"


def asked(text: str) -> bool:
    """Return whether ``--quick`` was asked for."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="once and shorter, to see that it works")
    return bool(parser.parse_args().quick)


def need_display() -> None:
    """Start this script again under Xvfb where there is no display."""
    if not os.environ.get("DISPLAY") and sys.platform == "linux" and shutil.which("xvfb-run"):
        os.execvp("xvfb-run", ["xvfb-run", "-a", "-s", SCREEN, sys.executable, *sys.argv])


def load() -> str:
    """Return how busy the machine is: figures taken beside other work are worth little."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else "unknown"


def interleaved(conditions: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Measure all conditions in turn, again and again, so that a slow minute of the machine meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in conditions}
    for turn in range(repeats):
        for name, measure in conditions.items():
            found[name].append(measure())
            print(f"  {turn + 1}/{repeats}  {name:36} {found[name][-1]:10.3f}   (load {load()})", flush=True)
    return found


def ratio(values: Sequence[float], bases: Sequence[float]) -> float:
    """Return the median over the turns of value / baseline of the same turn."""
    return statistics.median(value / base for value, base in zip(values, bases))


@dataclass(frozen=True)
class Row:
    """One figure beside its baseline and its aim; ``than`` says on which side of the aim it should be."""

    name: str
    figure: float
    unit: str
    baseline: str
    aim: float | None = None
    than: Literal["at least", "at most"] = "at least"

    def __str__(self) -> str:
        said = ""
        if self.aim is not None:
            met = self.figure >= self.aim if self.than == "at least" else self.figure <= self.aim
            said = f"{self.than} {self.aim:g}: {'met' if met else 'MISSED'}"
        return f"{self.name:58} {self.figure:9.3f} {self.unit:10} {self.baseline:34} {said}"


def show(title: str, rows: Sequence[Row]) -> None:
    """Print a table."""
    print(f"\n{title} (load now {load()})")
    print(f"{'':58} {'figure':>9} {'':10} {'beside':34} aim")
    for row in rows:
        print(row)
    print(flush=True)
