"""Faults are sentences that survive every wall."""

import errno
import pickle

import pytest

from biofm_desktop.engine.faults import Fault, system_fault


def test_a_fault_names_the_thing_the_place_the_fault_and_the_way_out():
    fault = Fault("a.csv", "the letter J is no amino acid.", "Correct it", place="line 3", detail="KeyError")
    assert fault.message == "a.csv, line 3: the letter J is no amino acid. Correct it."
    assert str(fault) == fault.message
    assert "KeyError" not in fault.message


def test_a_way_out_may_be_a_question_or_missing():
    assert Fault("x", "it is gone", "Did you mean y?").message == "x: it is gone. Did you mean y?"
    assert Fault("x", "it is gone").message == "x: it is gone."


def test_a_fault_crosses_a_process():
    fault = pickle.loads(pickle.dumps(Fault("x", "y", "z", place="p", detail="d")))
    assert (fault.what, fault.fault, fault.way_out, fault.place, fault.detail) == ("x", "y", "z", "p", "d")


@pytest.mark.parametrize("number", [n for n in errno.errorcode if n > 0])
def test_every_error_of_the_system_becomes_a_sentence_with_a_way_out(number):
    fault = system_fault("x.tif", OSError(number, "Words of the system"))
    assert fault.message.startswith("x.tif: ")
    assert fault.way_out
    assert "Errno" not in fault.message
    assert "OSError" in fault.detail or "Error(" in fault.detail


def test_an_error_without_a_number_is_a_sentence_too():
    assert system_fault("x", OSError("odd")).message.startswith("x: ")


def test_a_full_disk_is_a_mishap_and_a_missing_file_is_none():
    def caused(number):
        try:
            raise system_fault("x", OSError(number, "y")) from OSError(number, "y")
        except Fault as fault:
            return fault

    assert caused(errno.ENOSPC).mishap
    assert not caused(errno.ENOENT).mishap
    assert not Fault("x", "y").mishap
