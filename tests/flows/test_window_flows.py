"""The whole job in the window, by the names that users of automation rely on, on a small part of real data.

Open, correct a label, freeze, start, pause, resume, see the curve grow, stop, predict, export, and read the export with
another program's reader.
"""

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel, QLineEdit, QPushButton, QTableView, QWidget
from safetensors.numpy import load_file

from biofm_desktop.engine.events import StepDone
from biofm_desktop.engine.project.checking import check
from biofm_desktop.gui.app import make_window
from biofm_desktop.gui.flows.prediction_flow import PredictionFlow
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.workbench import Workbench
from biofm_desktop.gui.workers.job_center import JobCenter

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")
MINUTE = 60_000


class Driver:
    """Uses the window as a user does: finds things by name, clicks, and waits for what comes of it."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.bench, self.jobs = window.findChild(Workbench), window.findChild(JobCenter)
        self.training, self.predicting = window.findChild(TrainingFlow), window.findChild(PredictionFlow)

    def find(self, name, kind=QWidget):
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name):
        button = self.find(name, QPushButton)
        self.wait(button.isEnabled)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self, name, data):
        combo = self.find(name, QComboBox)
        place = combo.findData(data)
        assert place >= 0, (data, [combo.itemData(i) for i in range(combo.count())])
        combo.setCurrentIndex(place)

    def wait(self, until, timeout=2 * MINUTE):
        self.qtbot.waitUntil(until, timeout=timeout)

    def option(self, name, value):
        self.find(f"train.options.{name}").setValue(value)

    def open(self, path):
        self.window.open_paths([path])
        self.wait(lambda: self.window.ready and self.bench.project is not None)

    def freeze_all_but_the_head(self):
        self.find("train.freeze", QPushButton)
        self.click("train.freeze")
        self.wait(lambda: self.window.findChild(QWidget, "freeze.tree") is not None)
        dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())
        preset = dialog.findChild(QComboBox, "freeze.preset")
        preset.setCurrentIndex(next(i for i in range(preset.count()) if "head" in preset.itemText(i).lower()))
        assert "%" in dialog.findChild(QLabel, "freeze.summary").text()
        self.qtbot.mouseClick(dialog.findChild(QPushButton, "freeze.accept"), Qt.MouseButton.LeftButton)
        self.wait(lambda: not dialog.isVisible())
        assert "frozen" in self.find("train.frozen", QLabel).text(), self.find("train.frozen", QLabel).text()

    def steps(self):
        handle = self.training.handle
        return [e for e in handle.events if isinstance(e, StepDone)] if handle else []

    def train_pause_resume_stop(self):
        self.click("train.start")
        self.wait(lambda: len(self.steps()) >= 2)
        self.click("train.pause")
        handle = self.training.handle
        self.wait(lambda: handle.state == "paused")
        self.qtbot.wait(1500)
        paused_at = len(self.steps())
        self.qtbot.wait(1000)
        assert len(self.steps()) == paused_at
        self.click("train.pause")
        self.wait(lambda: len(self.steps()) >= paused_at + 2)
        curves = self.find("train.plot").getPlotItem().listDataItems()
        self.wait(lambda: any(curve.getData()[0] is not None and len(curve.getData()[0]) > 1 for curve in curves))
        assert "epoch" in self.find("train.status", QLabel).text().lower()
        self.click("train.stop")
        self.wait(lambda: handle.ended)
        run = Path(handle.job.out)
        assert load_file(run / "model.safetensors")
        return run

    def predict(self, scope):
        self.choose("predict.scope", scope)
        self.click("predict.start")
        table = self.find("predict.table", QTableView)
        self.wait(lambda: self.predicting.handle is not None and self.predicting.handle.ended)
        self.wait(lambda: table.model().rowCount() > 0 and self.find("export.start").isEnabled())
        return table

    def show_row(self, table, row):
        """Click a row; the sample it is about is shown."""
        index = table.model().index(row, 0)
        table.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        table.clicked.emit(index)
        key = index.data()
        self.wait(lambda: self.bench.key == key)
        return key

    def export(self, name, path):
        self.choose("export.format", name)
        self.find("export.path", QLineEdit).setText(str(path))
        self.click("export.start")
        self.wait(lambda: path.exists() and self.find("export.start").isEnabled())


@pytest.fixture
def driver(qtbot):
    window = make_window(None)
    window.show()
    driver = Driver(window, qtbot)
    yield driver
    driver.jobs.close(save=False)
    window.close()
    window.deleteLater()


def part_of_dsb2018(folder):
    """Copy ten small pictures, three of them without their label."""
    source = DATA / "seg2d" / "dsb2018"
    with (source / "index.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if int(row["height"]) * int(row["width"]) < 300 * 300]
    chosen = [r for r in rows if r["split"] == "train"][:7] + [r for r in rows if r["split"] == "test"][:3]
    for n, row in enumerate(chosen):
        for kind in ("images", "labels") if n < 7 else ("images",):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            shutil.copy(source / kind / f"{row['name']}.png", folder / kind)
    return folder


@needs_data
def test_nuclei_from_opening_to_a_label_image_that_tifffile_reads(driver, tmp_path):
    folder = part_of_dsb2018(tmp_path / "nuclei")
    before = {path: path.read_bytes() for path in folder.rglob("*.png")}
    driver.open(folder)
    key = next(sample.key for sample in driver.bench.project.dataset if sample.labelled)
    driver.bench.show(key)
    mask = np.asarray(driver.bench.project.sample(key).mask.read()).copy()
    corrected = mask.copy()
    corrected[:8, :8] = 1
    driver.bench.set_mask(key, corrected)
    driver.bench.finish()
    assert np.array_equal(driver.bench.project.sample(key).mask.read(), corrected)
    driver.find("action.undo", QAction).trigger()
    assert np.array_equal(driver.bench.project.sample(key).mask.read(), mask)
    driver.find("action.redo", QAction).trigger()

    driver.choose("train.task", "semantic-segmentation")
    driver.choose("train.model", "unet")
    driver.option("epochs", 200)
    driver.option("batch_size", 2)
    driver.option("crop", 64)
    driver.freeze_all_but_the_head()
    run = driver.train_pause_resume_stop()
    assert (run / "card.json").read_text().count("upcat") > 10

    table = driver.predict("unlabelled")
    assert table.model().rowCount() == 3
    shown = driver.show_row(table, 0)
    out = tmp_path / "out"
    driver.export("label-tiff", out)
    logged = [json.loads(line) for line in (driver.window.project.folder / "audit.log").read_text().splitlines()]
    assert {"opened", "edited", "trained", "exported"} <= {entry["what"] for entry in logged}
    assert check(driver.window.project.folder).faults == ()
    size = driver.bench.project.sample(shown).spatial_shape
    assert tifffile.imread(next(out.glob(f"{shown}*.tif*"))).shape == size
    assert {path: path.read_bytes() for path in folder.rglob("*.png")} == before


@needs_data
def test_red_cells_from_opening_to_a_table_of_classes(driver, tmp_path):
    with zipfile.ZipFile(DATA / "classify" / "chula_rbc12" / "crops.zip") as crops:
        names = [n for n in crops.namelist() if n.endswith(".jpg")]
        for kind in ("normal", "teardrop", "target_cell"):
            for name in [n for n in names if f"train/{kind}/" in n][:10]:
                crops.extract(name, tmp_path / "cells")
    folder = tmp_path / "cells" / "train"
    kinds = sorted(p.name for p in folder.iterdir())
    assert len(kinds) >= 2
    driver.open(folder)
    key = driver.bench.key
    driver.bench.set_target(kinds[-1])
    assert driver.bench.project.sample(key).target == kinds[-1]

    driver.choose("train.task", "image-classification")
    driver.choose("train.model", "mobilenet-v2")
    driver.option("epochs", 5000)
    driver.option("size", 64)
    driver.freeze_all_but_the_head()
    driver.train_pause_resume_stop()

    table = driver.predict("all")
    driver.show_row(table, 1)
    out = tmp_path / "classes.csv"
    driver.export("csv", out)
    said = pd.read_csv(out)
    assert len(said) == table.model().rowCount()
    assert np.allclose(said[[c for c in said.columns if c.startswith("probability")]].sum(axis=1), 1, atol=1e-3)


@needs_data
def test_promoters_from_opening_to_a_table_of_classes(driver, tmp_path):
    rows = pd.read_csv(DATA / "dna" / "promoter_tata_human.csv.gz").groupby(["split", "label"]).head(30)
    (tmp_path / "promoters.csv").write_text(rows.to_csv(index=False))
    driver.open(tmp_path / "promoters.csv")
    assert driver.find("sequence.view").isVisible()
    key = driver.bench.key
    target = driver.bench.project.sample(key).target
    driver.bench.set_target("1" if target == "0" else "0")
    driver.find("action.undo", QAction).trigger()
    assert driver.bench.project.sample(key).target == target

    driver.choose("train.task", "sequence-classification")
    driver.choose("train.model", "gru")
    driver.option("epochs", 2000)
    driver.freeze_all_but_the_head()
    driver.train_pause_resume_stop()

    table = driver.predict("all")
    driver.show_row(table, 2)
    out = tmp_path / "classes.csv"
    driver.export("csv", out)
    said = pd.read_csv(io.StringIO(out.read_text()))
    assert len(said) == len(rows)
