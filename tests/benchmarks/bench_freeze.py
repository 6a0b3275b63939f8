"""How long one tick in the freeze dialog takes, with 50 layers (the baseline) and with 500; the aim is a frame, 16 ms.

.venv/bin/python tests/benchmarks/bench_freeze.py
"""

import os
import statistics
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QTreeView

from biofm_desktop.gui.dialogs.freeze import FreezeDialog

TURNS = 41


def rows(count: int) -> list[dict[str, object]]:
    """Return layers in ten stages."""
    return [
        {
            "name": f"s{n % 10}.{n}",
            "stage": f"s{n % 10}",
            "kind": "Conv2d",
            "shape": (64, 32, 32),
            "parameters": 36_928,
            "activation_bytes": 262_144,
        }
        for n in sorted(range(count), key=lambda n: n % 10)
    ]


def tick_ms(count: int) -> float:
    """Return the median time of a tick, in milliseconds."""
    dialog = FreezeDialog(rows(count), "s9", (), 16, None, title="benchmark")
    dialog.show()
    view = dialog.findChild(QTreeView, "freeze.tree")
    view.expandAll()
    model, took = view.model(), []
    for turn in range(TURNS):
        state = Qt.CheckState.Unchecked if turn % 2 == 0 else Qt.CheckState.Checked
        began = time.perf_counter()
        model.setData(model.index(2, 0), state, Qt.ItemDataRole.CheckStateRole)
        took.append((time.perf_counter() - began) * 1000)
    dialog.close()
    return statistics.median(took)


if __name__ == "__main__":
    application = QApplication([])
    few, many = tick_ms(50), tick_ms(500)
    print(f"a tick among 50 layers {few:.2f} ms, among 500 {many:.2f} ms, ratio {many / few:.1f}, aim 16 ms")
