"""The window is closed while it trains: it asks, saves what was learnt, and ends in time."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from safetensors.numpy import load_file

from tests.engine.made_up import sequence_table

ROOT = Path(__file__).parents[2]
CLOSES_WHILE_TRAINING = """
    import sys, time
    from pathlib import Path
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QPushButton, QWidget
    from biofm_desktop.gui import app
    from biofm_desktop.gui.flows.training_flow import TrainingFlow
    from biofm_desktop.gui.main_window import MainWindow
    from biofm_desktop.engine.events import StepDone

    state = {"stage": "open", "at": 0.0}

    def look():
        window = next((w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)), None)
        if window is None or window.bench.project is None:
            return
        flow = window.findChild(TrainingFlow)
        epochs = window.findChild(QWidget, "train.options.epochs")
        if state["stage"] == "open" and epochs is not None:
            epochs.setValue(5000)
            window.findChild(QPushButton, "train.start").click()
            state["stage"] = "trains"
        elif state["stage"] == "trains" and any(isinstance(e, StepDone) for e in flow.handle.events):
            window.close()
            state["stage"] = "asks"
        elif state["stage"] == "asks":
            found = window.findChild(QPushButton, "closing.stop")
            if found is not None and found.isVisible():
                print("RUN", flow.handle.job.out, flush=True)
                state["stage"], state["at"] = "closes", time.monotonic()
                QTimer.singleShot(0, found.click)
                QApplication.instance().aboutToQuit.connect(
                    lambda: print("CLOSED", time.monotonic() - state["at"], flush=True)
                )

    made = app._application()
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    sys.exit(app.main([Path(sys.argv[1])]))
"""


def test_closing_while_training_asks_saves_and_ends_in_ten_seconds_with_status_0(tmp_path):
    table = sequence_table(tmp_path / "dna.csv")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CLOSES_WHILE_TRAINING), str(table)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("RUN ", "CLOSED ")))
    assert float(told["CLOSED"]) < 10
    assert load_file(Path(told["RUN"]) / "model.safetensors")
    assert load_file(Path(told["RUN"]) / "checkpoints" / "last.safetensors")
    assert "already deleted" not in done.stderr
    assert "Traceback" not in done.stderr
