"""With real children: a training goes on, a second child shows the preview, and the change reaches the training."""

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton, QSpinBox

from biofm_desktop.engine.events import Changed, StepDone
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.workers.job_center import JobCenter

MINUTE = 60_000


@pytest.mark.slow
def test_a_change_in_the_dialog_reaches_the_training_that_goes_on(qtbot, images_folder):
    project, center = Project.for_data([images_folder]), JobCenter()
    panel, plots = TrainingPanel(), PlotsPanel()
    for widget in (panel, plots):
        qtbot.addWidget(widget)
    flow = TrainingFlow(panel, plots, center)
    flow.set_project(project)
    panel.findChild(QSpinBox, "train.options.epochs").setValue(5000)
    panel.findChild(QSpinBox, "train.options.crop").setValue(32)
    panel.findChild(QPushButton, "train.start").click()
    try:
        qtbot.waitUntil(lambda: any(isinstance(e, StepDone) for e in flow.handle.events), timeout=3 * MINUTE)
        panel.findChild(QPushButton, "train.augmentation").click()
        dialog = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "augmentation.dialog")
        last = dialog.findChild(QLabel, "augmentation.picture_8")
        qtbot.waitUntil(lambda: not last.pixmap().isNull(), timeout=3 * MINUTE)
        assert not flow.handle.ended
        dialog.findChild(QCheckBox, "augmentation.noise").setChecked(True)
        dialog.findChild(QPushButton, "augmentation.apply").click()
        qtbot.waitUntil(lambda: any(isinstance(e, Changed) for e in flow.handle.events), timeout=MINUTE)
        changed = next(e for e in flow.handle.events if isinstance(e, Changed))
        assert changed.values == {"task": {"noise": 0.05}}
        dialog.close()
        flow.handle.stop()
        qtbot.waitUntil(lambda: flow.handle.ended, timeout=MINUTE)
        lines = (Path(flow.handle.job.out) / "events.jsonl").read_text().splitlines()
        assert any(json.loads(line)["event"] == "Changed" for line in lines)
    finally:
        flow.augmentation.close()
        center.close(save=False)
        project.close()
