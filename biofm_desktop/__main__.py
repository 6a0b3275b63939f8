"""``python -m biofm_desktop`` is the command ``biofm``; without a word after it, it opens the window."""

import sys

from biofm_desktop.cli import main

if __name__ == "__main__":
    sys.exit(main())
