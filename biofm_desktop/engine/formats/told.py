"""A fault of one file among many, told as a problem."""

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem


def problem_of(fault: Fault) -> Problem:
    """Return a fault of one file as a problem of the whole."""
    place = f"{fault.place}: " if fault.place else ""
    return Problem(fault.what, f"{place}{fault.fault}; it was left out")
