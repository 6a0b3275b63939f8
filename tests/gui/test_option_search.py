"""The search for good options in the window: what is asked for, the trials as they end, and training with the best."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
)

from biofm_desktop.engine.events import Finished, Saved, Started
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import TrainJob, TuneJob
from biofm_desktop.engine.jobs.search_folder import read_search, searches
from biofm_desktop.gui.widgets.parallel_plot import Axis, Line, ParallelPlot
from tests.gui.study_desk import TRIALS, desk_of, promoters, search_job, write_trials


@pytest.fixture
def desk(qtbot, images_folder):
    with desk_of(qtbot, images_folder) as made:
        yield made


@pytest.fixture
def sequences(qtbot, tmp_path):
    with desk_of(qtbot, promoters(tmp_path)) as made:
        yield made


def test_what_is_ticked_is_searched_and_the_trials_come_as_they_end(desk):
    desk.open("search")
    options = desk.find(QTableWidget, "options")
    ticked = [options.item(n, 0).text() for n in range(options.rowCount()) if options.item(n, 0).checkState().value]
    assert ticked == ["Batch size", "Learning rate", "Weight decay"]
    options.item(2, 0).setCheckState(Qt.CheckState.Unchecked)
    options.item(0, 1).setText("8, 16,32,64")
    desk.find(QSpinBox, "trials").setValue(4)
    desk.find(QLineEdit, "minutes").setText("30")
    job, run = desk.start(TuneJob)
    assert job.search == ("batch_size=8, 16,32,64", "learning_rate=0.0001..0.02:log")
    assert (job.trials, job.minutes, job.model) == (4, 30.0, "unet")
    assert not options.isEnabled()
    folder = next(f for f in desk.project.runs() if str(f) == job.out)
    write_trials(folder, job, TRIALS[:1])
    run.feed.put(Started("Tune unet", 4))
    run.feed.put(Saved(str(folder / "trials.json"), "trials"))
    desk.wait(lambda: len(desk.cells()) == 1)
    write_trials(folder, job, TRIALS)
    run.feed.put(Saved(str(folder / "trials.json"), "trials"))
    desk.wait(lambda: len(desk.cells()) == 4)
    assert [row[:3] for row in desk.cells()] == [
        ["1", "done", "0.700"],
        ["2", "best", "0.900"],
        ["3", "broken off", "0.400"],
        ["4", "failed", ""],
    ]
    plot = desk.find(ParallelPlot, "plot")
    assert [axis.title for axis in plot.axes] == ["Batch size", "Learning rate", "Dice"]
    assert [line.best for line in plot.lines] == [False, True, False, False]
    run.feed.put(Finished("Best of 4 trials: dice 0.900"))
    desk.wait(lambda: "Best of 4" in desk.status())
    assert desk.find(QPushButton, "start").text() == "Go on"
    assert str(folder) == desk.find(QComboBox, "earlier").currentData()


def test_words_that_name_no_values_are_refused_before_a_folder_is_made(desk):
    desk.open("search")
    options = desk.find(QTableWidget, "options")
    options.item(1, 1).setText("fast")
    options.item(1, 1).setText("0..1:log")
    desk.click("start")
    assert "logarithmic" in desk.status()
    for row in range(options.rowCount()):
        options.item(row, 0).setCheckState(Qt.CheckState.Unchecked)
    desk.click("start")
    assert "at least one" in desk.status()
    assert desk.project.runs() == []


def test_a_search_that_is_stopped_shows_what_it_found_and_can_go_on(desk):
    desk.open("search")
    job, run = desk.start(TuneJob)
    folder = next(f for f in desk.project.runs() if str(f) == job.out)
    write_trials(folder, search_job(desk.project, folder), TRIALS[:2])
    desk.click("stop")
    assert run.wishes == ["stop"]
    desk.wait(lambda: "Stopped" in desk.status())
    assert [row[1] for row in desk.cells()] == ["done", "best"]
    assert desk.find(QPushButton, "start").text() == "Go on"
    desk.choose("earlier", 0)
    assert desk.cells() == []
    assert desk.find(QPushButton, "start").text() == "Start"


def test_the_options_of_the_panel_s_task_are_offered(sequences):
    sequences.open("search")
    titles = {sequences.find(QTableWidget, "options").item(n, 0).text() for n in range(10, 24)}
    assert "Reverse complement" in titles
    assert "Picture size" not in titles
    task = sequences.panel.findChild(QComboBox, "train.task")
    before = sequences.find(QTableWidget, "options").rowCount()
    task.setCurrentIndex(task.findData("sequence-regression"))
    assert sequences.find(QTableWidget, "options").rowCount() < before


def test_an_earlier_search_is_shown_and_goes_on_as_it_was_asked_for(desk):
    folder = desk.project.new_run_folder("unet-search")
    write_trials(folder, search_job(desk.project, folder), TRIALS)
    desk.panel.findChild(QSpinBox, "train.options.epochs").setValue(9)
    desk.open("search")
    combo = desk.find(QComboBox, "earlier")
    assert "4 of 4 trials, best dice 0.900" in combo.itemText(1)
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert len(desk.cells()) == 4
    options = desk.find(QTableWidget, "options")
    assert [options.item(n, 1).text() for n in range(2)] == ["8,16,32,64", "0.0001..0.02:log"]
    assert not options.item(0, 0).flags() & Qt.ItemFlag.ItemIsUserCheckable
    desk.click("start")
    assert "give more" in desk.status()
    desk.find(QSpinBox, "trials").setValue(6)
    job, _ = desk.start(TuneJob)
    assert job == search_job(desk.project, folder, trials=6)


def test_a_folder_that_is_no_search_is_refused(desk, tmp_path, monkeypatch):
    desk.open("search")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    combo = desk.find(QComboBox, "earlier")
    combo.setCurrentIndex(combo.count() - 1)
    combo.activated.emit(combo.count() - 1)
    assert "not the folder of a search" in desk.status()
    assert combo.currentIndex() == 0


def test_train_with_the_best_fills_the_panel_and_starts(desk):
    folder = desk.project.new_run_folder("unet-search")
    job = search_job(desk.project, folder, freeze=("edges*",), task_options={"crop": 64})
    write_trials(folder, job, TRIALS)
    desk.open("search")
    assert not desk.find(QPushButton, "train").isEnabled()
    desk.choose("earlier", 1)
    desk.click("train")
    desk.wait(lambda: bool(desk.jobs(TrainJob)))
    trained, _ = desk.jobs(TrainJob)[-1]
    assert (trained.model, trained.freeze) == ("unet", ("edges*",))
    assert (trained.fit_options["learning_rate"], trained.fit_options["batch_size"]) == (0.002, 16)
    assert (trained.fit_options["epochs"], trained.task_options["crop"]) == (3, 64)
    assert desk.panel.findChild(QSpinBox, "train.options.batch_size").value() == 16
    assert desk.panel.findChild(QSpinBox, "train.options.crop").value() == 64


def test_the_best_of_a_search_for_other_data_is_not_trained_with(sequences):
    folder = sequences.project.new_run_folder("unet-search")
    write_trials(folder, search_job(sequences.project, folder), TRIALS)
    sequences.open("search")
    sequences.choose("earlier", 1)
    sequences.click("train")
    assert "does not fit" in sequences.status()
    assert not sequences.jobs(TrainJob)


def test_folders_that_are_broken_are_no_searches(desk, tmp_path):
    folder = desk.project.new_run_folder("unet-search")
    write_trials(folder, search_job(desk.project, folder), TRIALS[3:])
    with pytest.raises(Fault, match="no trial"):
        read_search(folder).best_training()
    (folder / "trials.json").write_text('{"metric": "dice", "trials": [{"trial": 1}]}')
    with pytest.raises(Fault, match="damaged"):
        read_search(folder)
    assert searches([folder, tmp_path]) == []


def test_a_line_is_told_under_the_pointer_and_marked_by_click_and_keys(qtbot):
    plot = ParallelPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    axes = [Axis("Rate", 1e-4, 1e-2, log=True), Axis("Batch", choices=(8, 16)), Axis("Figure", 0.2, 0.8)]
    plot.show_lines(axes, [Line(1, (1e-4, 8, 0.2), 0.0, "one"), Line(2, (1e-2, 16, 0.8), 1.0, "two", best=True)])
    assert axes[0].place(1e-3) == pytest.approx(0.5)
    assert (axes[1].place(16), axes[1].place(99), axes[0].place(0.0)) == (1.0, None, None)
    first = plot.axis_x(0)
    top, bottom = QPoint(round(first), 30), QPoint(round(first), plot.height() - 24)
    assert (plot.line_at(QPointF(top)), plot.line_at(QPointF(bottom)), plot.line_at(QPointF(first, 150))) == (2, 1, 0)
    with qtbot.waitSignal(plot.marked_changed):
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=bottom)
    assert plot.marked == 1
    qtbot.mouseMove(plot, top)
    qtbot.waitUntil(lambda: plot.hovered == 2, timeout=3000)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.marked == 2
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(first), 150))
    assert plot.marked == 0


def test_a_marked_row_is_a_marked_line_and_the_other_way_round(desk):
    folder = desk.project.new_run_folder("unet-search")
    write_trials(folder, search_job(desk.project, folder), TRIALS)
    desk.open("search")
    desk.choose("earlier", 1)
    table, plot = desk.find(QTableWidget, "table"), desk.find(ParallelPlot, "plot")
    table.selectRow(2)
    assert plot.marked == 3
    plot.mark(1)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [0]
