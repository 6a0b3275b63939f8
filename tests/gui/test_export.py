"""Exporting from the window."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton

from biofm_desktop.engine.files import at_points
from biofm_desktop.engine.predictions import ClassPrediction, MaskPrediction
from biofm_desktop.gui.docks.export import ExportPanel
from biofm_desktop.gui.docks.predictions import PredictionsPanel
from biofm_desktop.gui.flows.prediction_flow import PredictionFlow
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.conftest import picture
from tests.gui.job_fakes import FakeRunner


@pytest.fixture
def flow(qtbot, make_project):
    panel, export = PredictionsPanel(), ExportPanel()
    qtbot.addWidget(panel)
    qtbot.addWidget(export)
    export.show()
    center = JobCenter(FakeRunner())
    made = PredictionFlow(panel, export, center)
    made.panel, made.qtbot = export, qtbot
    made.set_project(make_project(picture("a"), picture("b")))
    yield made
    center.close(save=False)


def classes():
    return [ClassPrediction(key, "ill", 0.9, {"healthy": 0.1, "ill": 0.9}) for key in ("a", "b")]


def masks():
    mask = np.zeros((4, 4), np.uint8)
    return [
        MaskPrediction(key, mask, mask, ("background", "nucleus"), 0.5, shares={"nucleus": 0.0}) for key in ("a", "b")
    ]


def find(flow, kind, name):
    return flow.panel.findChild(kind, name)


def formats(flow):
    combo = find(flow, QComboBox, "export.format")
    return [combo.itemData(i) for i in range(combo.count())]


def start(flow):
    find(flow, QPushButton, "export.start").click()
    result = find(flow, QLabel, "export.result")
    flow.qtbot.waitUntil(lambda: result.text() not in ("", "Writing …"), timeout=5000)
    return result


def test_before_anything_is_predicted_there_is_nothing_to_export(flow):
    assert not find(flow, QPushButton, "export.start").isEnabled()
    assert "predict first" in find(flow, QLabel, "export.count").text()


def test_only_formats_that_hold_the_predictions_are_offered(flow):
    flow._show(classes())
    assert formats(flow) == ["csv"]
    flow._predictions.clear()
    flow._show(masks())
    assert "label-tiff" in formats(flow)


def test_a_table_is_written_where_the_panel_says(flow, tmp_path):
    flow._show(classes())
    path = find(flow, QLineEdit, "export.path")
    assert Path(path.text()).name == "predictions.csv"
    path.setText(str(tmp_path / "out.csv"))
    result = start(flow)
    assert result.text() == f"Written: {tmp_path / 'out.csv'}"
    assert result.property("role") == "good"
    with (tmp_path / "out.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 2
    assert find(flow, QPushButton, "export.open_folder").isVisible()


def test_a_place_that_the_user_named_is_kept_when_more_is_predicted(flow, qtbot):
    flow._show(classes())
    path = find(flow, QLineEdit, "export.path")
    path.selectAll()
    qtbot.keyClicks(path, "/somewhere/mine.csv")
    flow._show(classes())
    assert path.text() == "/somewhere/mine.csv"


def test_a_full_disk_is_told_and_leaves_nothing_behind(flow, tmp_path):
    flow._show(classes())
    find(flow, QLineEdit, "export.path").setText(str(tmp_path / "new" / "out.csv"))

    def full(point, path):
        if point.startswith("export"):
            raise OSError(28, "No space left on device")

    with at_points(full):
        result = start(flow)
    assert "disk is full" in result.text()
    assert result.property("role") == "error"
    assert not (tmp_path / "new" / "out.csv").exists()
    assert find(flow, QPushButton, "export.start").isEnabled()


def test_without_a_place_the_panel_asks_for_one(flow):
    flow._show(classes())
    find(flow, QLineEdit, "export.path").setText("  ")
    assert "Name a place" in start(flow).text()
