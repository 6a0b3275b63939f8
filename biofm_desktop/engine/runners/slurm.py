"""SLURM's own commands: how a job of it stands, and its end."""

import shutil
import subprocess
from dataclasses import dataclass

from biofm_desktop.engine.faults import Fault

#: A busy controller may take so long to answer.
_PATIENCE = 30.0
_GONE = "Invalid job id"
#: States in which a job is not over.
UNDER_WAY = (
    *("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT"),
    *("REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"),
)


@dataclass(frozen=True)
class Standing:
    """How SLURM says that a job stands (empty: it knows it no longer), and why it waits or ended."""

    state: str
    reason: str = ""

    @property
    def over(self) -> bool:
        """Say whether it has ended."""
        return self.state not in UNDER_WAY


def need(command: str, cluster: str) -> None:
    """Raise `Fault` where a command of SLURM is missing."""
    if shutil.which(command) is None:
        raise Fault(
            f"cluster {cluster}",
            f"SLURM's command {command} is not on this computer",
            "Start the program on a login node of the cluster (where needed after 'module load slurm'), or train here",
        )


def standing_of(number: str) -> Standing | None:
    """Ask how a job stands; None where SLURM cannot be asked now."""
    try:
        done = _called("squeue", "--noheader", "--jobs", number, "--states", "all", "--format", "%T|%R")
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return Standing("") if _GONE in done.stderr else None
    state, _, reason = done.stdout.strip().partition("\n")[0].partition("|")
    return Standing(state.strip(), reason.strip())


def cancel(number: str, cluster: str) -> None:
    """End a job, or take it out of the queue; raise `Fault` where SLURM does not."""
    need("scancel", cluster)
    try:
        done = _called("scancel", number)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Fault(f"cluster {cluster}", "SLURM did not answer", "Try again in a moment", detail=str(error)) from None
    if done.returncode and _GONE not in done.stderr:
        said = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[0]
        raise Fault(f"cluster {cluster}, job {number}", f"SLURM does not end it ({said})", f"Try: scancel {number}")


def _called(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_PATIENCE,
        check=False,
    )
