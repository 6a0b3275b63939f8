"""Opens and closes the window with a project again and again; prints the memory (MB) every 50 turns.

python cycle_script.py COUNT PATH...
"""

import sys
from pathlib import Path

import psutil
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from biofm_desktop.gui.app import make_window


def main() -> None:
    """Open and close."""
    count, paths = int(sys.argv[1]), [Path(word) for word in sys.argv[2:]]
    for number in range(1, count + 1):
        window = make_window(None)
        window.show()
        for path in paths:
            window.open_now(path)
            assert window.wait_until_ready()
            assert window.project is not None
            sample = window.project.dataset.samples[number % len(window.project.dataset)]
            window.bench.show(sample.key)
            window.bench.set_split("train" if number % 2 else "val", [sample.key])
            QApplication.processEvents()
        window.close()
        window.deleteLater()
        del window
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        if number % 50 == 0 or number == count:
            print(f"{number} {psutil.Process().memory_info().rss / 1e6:.1f}", flush=True)


if __name__ == "__main__":
    main()
