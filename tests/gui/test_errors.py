"""Uncaught errors of slots, threads and coroutines end in one plain dialog, and dialogs never pile up."""

import asyncio
import sys
import threading

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication

from biofm_desktop.engine.faults import Fault
from biofm_desktop.gui.errors import LOG, ErrorDesk, start_log
from biofm_desktop.paths import cache_dir


@pytest.fixture
def desk(qapp, monkeypatch):
    """A desk that listens; errors that it passes on to the hooks before it do not fail the test."""
    monkeypatch.setattr(sys, "excepthook", lambda *told: None)
    monkeypatch.setattr(threading, "excepthook", lambda told: None)
    made = ErrorDesk()
    made.install()
    yield made
    made.uninstall()
    if made.dialog is not None:
        made.dialog.accept()


def shown(desk, qtbot):
    qtbot.waitUntil(lambda: desk.dialog is not None)
    return desk.dialog.message.text()


def test_an_error_in_a_slot_is_shown_with_its_trace_to_copy(desk, qtbot):
    def fail():
        raise ValueError("seven <b>is</b> odd")

    QTimer.singleShot(0, fail)
    assert "ValueError: seven <b>is</b> odd" in shown(desk, qtbot)
    assert desk.dialog.message.textFormat() == Qt.TextFormat.PlainText
    desk.dialog.copy()
    assert "in fail" in QGuiApplication.clipboard().text()


def test_an_error_in_a_thread_is_shown(desk, qtbot):
    def fail():
        raise RuntimeError("the thread broke")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "the thread broke" in shown(desk, qtbot)


def test_an_error_in_a_coroutine_is_shown(desk, qtbot):
    async def fail():
        raise OSError("no network")

    async def forgotten():
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    loop = asyncio.new_event_loop()
    desk.watch_loop(loop)
    loop.run_until_complete(forgotten())
    loop.close()
    assert "no network" in shown(desk, qtbot)


def test_a_fault_is_shown_in_its_own_words(desk, qtbot):
    desk.report_error(Fault("cells.tif", "it is empty", "Choose another file"))
    assert shown(desk, qtbot) == "cells.tif: it is empty. Choose another file."


def test_a_hundred_errors_make_one_dialog(desk, qtbot):
    for number in range(100):
        desk.report(f"fault {number}")
    text = shown(desk, qtbot)
    first = desk.dialog
    assert "fault 0" in text
    assert "80 more" in text
    desk.report("fault 0")
    qtbot.waitUntil(lambda: "81 more" in desk.dialog.message.text())
    assert desk.dialog is first


def test_details_open_and_close(desk, qtbot):
    desk.report("what", "the details")
    shown(desk, qtbot)
    assert desk.dialog.details.isHidden()
    desk.dialog._show_details.click()
    assert not desk.dialog.details.isHidden()
    assert "the details" in desk.dialog.details.toPlainText()


def test_a_closed_dialog_makes_room_for_the_next(desk, qtbot):
    desk.report("first")
    shown(desk, qtbot)
    desk.dialog.accept()
    assert desk.dialog is None
    desk.report("second")
    assert shown(desk, qtbot) == "second"


def test_hooks_are_given_back(qapp):
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    desk = ErrorDesk()
    desk.install()
    assert sys.excepthook != before[0]
    desk.uninstall()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


def test_the_message_that_is_shown_is_in_the_log_too(desk, qtbot):
    start_log()
    desk.report("kept for later", "with details")
    shown(desk, qtbot)
    log = (cache_dir() / "logs" / "biofm.log").read_text()
    assert "kept for later" in log
    assert "with details" not in log


def test_the_log_says_where_and_what_but_not_in_the_words_of_a_file(desk, caplog, monkeypatch):
    monkeypatch.setattr(LOG, "propagate", True)
    try:
        int("Jane Roe")
    except ValueError as error:
        fault = Fault("scan.dcm", "it is damaged", detail=repr(error))
        fault.__cause__ = error
    desk.report_error(fault)
    assert "scan.dcm: it is damaged" in caplog.text
    assert "test_errors.py" in caplog.text
    assert "ValueError" in caplog.text
    assert "Jane" not in caplog.text
