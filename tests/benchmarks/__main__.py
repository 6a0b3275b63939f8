"""Runs the benchmarks one after the other: ``.venv/bin/python tests/benchmarks [NAME ...] [--quick]``."""

import os
import subprocess
import sys
from pathlib import Path

from measuring import need_display

HERE = Path(__file__).parent


def main() -> int:
    """Run those named (``training``, ``window`` ...), or all; return 1 where one broke off."""
    need_display()
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    flags = [word for word in sys.argv[1:] if word.startswith("-")]
    scripts = [HERE / f"bench_{name}.py" for name in names] or sorted(HERE.glob("bench_*.py"))
    root = os.pathsep.join(filter(None, (str(HERE.parents[1]), os.environ.get("PYTHONPATH"))))
    failed = False
    for script in scripts:
        print(f"\n=== {script.stem}", flush=True)
        failed |= (
            subprocess.run([sys.executable, str(script), *flags], env=os.environ | {"PYTHONPATH": root}).returncode != 0
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
