"""A SLURM of one computer, for tests: sbatch, srun, squeue and scancel that really run and end what they are given.

``fake_slurm(folder)`` writes them into a folder. Beside them ``hold`` lets jobs wait, ``refuse`` refuses them, and
``silent`` lets squeue fail as it does where the controller is away.
"""

import sys
from pathlib import Path

_SCRIPT = """#!{python} -S
import os, re, signal, subprocess, sys, time
from pathlib import Path
here, name, words = Path(__file__).parent, Path(sys.argv[0]).name, sys.argv[1:]

def tell(message, status=1):
    print(message, file=sys.stderr)
    sys.exit(status)

def alive(pid):
    try:
        os.killpg(pid, 0)
    except OSError:
        return False
    return True

if name == "sbatch":
    if (here / "refuse").exists():
        tell("sbatch: error: invalid partition specified: " + (here / "refuse").read_text())
    number = len(list(here.glob("job-*"))) + 7
    text = Path(words[-1]).read_text()
    (here / f"job-{{number}}").write_text(text)
    flags = dict(re.findall(r"#SBATCH --([a-z-]+)=(.*)", text))
    nodes, each = int(flags.get("nodes", 1)), int(flags.get("ntasks-per-node", 1))
    if not (here / "hold").exists():
        log = open(flags["output"].strip("'").replace("%j", str(number)), "ab")
        told = {{"SLURM_JOB_ID": str(number), "SLURM_JOB_NUM_NODES": str(nodes), "SLURM_NTASKS": str(nodes * each),
                "SLURM_CPUS_PER_TASK": "1", "SLURM_JOB_NODELIST": "localhost"}}
        process = subprocess.Popen(["bash", words[-1]], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   start_new_session=True, env=os.environ | told)
        (here / f"pid-{{number}}").write_text(str(process.pid))
    print(f"Submitted batch job {{number}}")
elif name == "srun":
    out = words[words.index("--output") + 1]
    command = words[next(n for n, w in enumerate(words) if n > words.index("--output") + 1 and w[:2] != "--"):]
    number, count = os.environ["SLURM_JOB_ID"], int(os.environ["SLURM_NTASKS"])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tasks = []
    for task in range(count):
        log = open(out.replace("%j", number).replace("%t", str(task)), "ab")
        own = {{"SLURM_PROCID": str(task), "SLURM_LOCALID": str(task), "SLURM_NODEID": "0"}}
        tasks.append(subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log,
                     preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL)))
    left, worst = list(tasks), 0
    while left:
        for task in [task for task in left if task.poll() is not None]:
            left.remove(task)
            worst = worst or task.returncode
            for other in left if task.returncode else ():
                other.kill()
        time.sleep(0.05)
    sys.exit(worst != 0)
elif name == "squeue":
    if (here / "silent").exists():
        tell("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    number = words[words.index("--jobs") + 1]
    if (here / f"pid-{{number}}").exists() and alive(int((here / f"pid-{{number}}").read_text())):
        print("RUNNING|node1")
    elif (here / f"gone-{{number}}").exists():
        print("CANCELLED|None")
    elif (here / f"pid-{{number}}").exists() or not (here / f"job-{{number}}").exists():
        tell("slurm_load_jobs error: Invalid job id specified")
    else:
        print("PENDING|(Priority)")
elif name == "scancel":
    number = words[-1]
    (here / f"gone-{{number}}").touch()
    if (here / f"pid-{{number}}").exists():
        pid = int((here / f"pid-{{number}}").read_text())
        if alive(pid):
            os.killpg(pid, signal.SIGTERM)
"""


def fake_slurm(folder: Path) -> Path:
    """Write the four commands into a new folder and return it."""
    folder.mkdir()
    for name in ("sbatch", "srun", "squeue", "scancel"):
        (folder / name).write_text(_SCRIPT.format(python=sys.executable))
        (folder / name).chmod(0o755)
    return folder
