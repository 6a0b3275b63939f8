"""``python -m biofm_desktop [PATH...]`` opens the window."""

import sys
from pathlib import Path


def main() -> int:
    """Open the window on the paths of the command line; return the exit status."""
    from biofm_desktop.gui.app import main as run

    return run([Path(word) for word in sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
