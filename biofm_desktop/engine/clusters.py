"""The clusters that the user may train on: what SLURM is told for each, kept beside the settings."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from biofm_desktop.paths import config_dir

from .faults import Fault
from .files import read_json, write_json
from .options import from_json, option

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class ClusterProfile:
    """One way to run jobs on a cluster with SLURM; each field shows in the dialog of clusters."""

    name: str = option("", "Name", help="What you call it, such as gpu or long")
    partition: str = option("", "Partition", help="Which part of the cluster; empty: the cluster's default")
    account: str = option("", "Account", help="On whose budget it runs; empty: your default")
    nodes: int = option(1, "Nodes", low=1, high=1024, help="So many computers learn together")
    gpus: int = option(
        1, "GPUs per node", low=0, high=64, help="One process learns on each; 0: on the processors, in one process"
    )
    cpus: int = option(4, "CPUs per process", low=1, high=1024, help="Threads that each process computes with")
    memory: int = option(0, "Memory per node", low=0, high=100_000, unit="GB", help="0: what the cluster gives")
    hours: float = option(
        24.0,
        "Time limit",
        low=0.05,
        high=10_000,
        unit="h",
        help="Two minutes before its end a training saves and stops; it can go on in another job",
    )
    python: str = option(
        "", "Python", help="The command of the cluster's Python that has this program; empty: the one that runs here"
    )
    setup: str = option("", "Set-up line", help="Run on each node before Python, such as: module load cuda")
    shared: str = option(
        "",
        "Shared folder",
        help="Where scripts and messages go; the nodes must see it as this computer does, data and runs as well. "
        "Empty: beside the runs",
    )

    @property
    def processes(self) -> int:
        """Return how many processes a node starts."""
        return max(1, self.gpus)


def clusters_path() -> Path:
    """Return the file that holds the profiles."""
    return config_dir() / "clusters.json"


def load_profiles() -> list[ClusterProfile]:
    """Return the stored profiles in their order; what is broken or of another version is left out."""
    try:
        values = read_json(clusters_path())["profiles"]
        made = [from_json(ClusterProfile, each, tolerant=True) for each in values]
    except (Fault, KeyError, TypeError, AttributeError):
        return []
    return [profile for profile in made if profile.name]


def profile_named(name: str) -> ClusterProfile:
    """Return the profile of this name; raise `Fault` where there is none."""
    known = {profile.name: profile for profile in load_profiles()}
    if name not in known:
        way_out = f"Known are {', '.join(known)}" if known else "Make one: Train, Clusters, or 'biofm clusters set'"
        raise Fault(f"cluster {name!r}", "there is no profile of this name", way_out)
    return known[name]


def save_profiles(profiles: Sequence[ClusterProfile]) -> None:
    """Keep these profiles; raise `Fault` for names that do not do, and where the disk does not let us."""
    names = [profile.name for profile in profiles]
    for profile in profiles:
        check_profile(profile)
    for name in names:
        if names.count(name) > 1:
            raise Fault(f"cluster {name!r}", "two profiles have this name", "Give one of them another name")
    values: dict[str, Any] = {"version": VERSION, "profiles": [asdict(profile) for profile in profiles]}
    write_json(clusters_path(), values, room="settings")


def check_profile(profile: ClusterProfile) -> None:
    """Raise `Fault` for a name that cannot be said on a command line, and for what SLURM or the shell would misread."""
    if not re.fullmatch(r"[\w.-]{1,40}", profile.name):
        raise Fault(
            f"cluster {profile.name!r}", "this name does not do", "Take letters, digits, dots and dashes, at most 40"
        )
    for what in ("partition", "account", "python", "setup", "shared"):
        if any(ord(letter) < 32 for letter in getattr(profile, what)):
            raise Fault(f"cluster {profile.name}, {what}", "it holds a line break", "Write it in one line")
    if profile.shared and not Path(profile.shared).expanduser().is_absolute():
        raise Fault(f"cluster {profile.name}, shared folder", "it is no full path", "Begin it with /")
