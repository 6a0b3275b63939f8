"""Kinds of file that are known and never opened, each with the reason."""

import re

from biofm_desktop.engine.faults import Fault

from .entry import Entry
from .left_out import some
from .weights_file import is_weights

_PICKLES = (".pkl", ".pickle", ".joblib")
_OF_MODEL = re.compile(rb'"(num_classes|model_type|architectures|model|class|target)"\s*:')
_OF_DATA = re.compile(rb'"(annotations|images|features|shapes|rules|type|text|coordinates|geometry)"\s*:')
_KEY = re.compile(rb'"([A-Za-z_]{1,30})"\s*:')


def refuse_never_opened(entry: Entry, head: bytes) -> None:
    """Raise `Fault` for weights, pickles, databases, archives and descriptions of models: none of them is data."""
    if is_weights(entry, head):
        fault = "it is a file of weights (a checkpoint of a model), not data"
        raise Fault(entry.name, fault, "Load these weights in the training panel")
    if entry.suffix in _PICKLES:
        fault = "it is a pickle, a format that can run code and is never opened"
        raise Fault(entry.name, fault, "Save the data as CSV, NPY or another format of plain values")
    if head.startswith(b"SQLite format 3") or entry.suffix in (".db", ".sqlite"):
        fault = "it is a database, not data; a project of ours is a folder that holds project.db, and this is none"
        raise Fault(entry.name, fault, "Open the project's folder; where it is damaged, a saved state is offered")
    if head[257:262] == b"ustar":
        fault = "it is a .tar archive, which is not unpacked: its members and links may lead outside the folder"
        raise Fault(entry.name, fault, "Unpack it, or make a .zip of it")
    if entry.suffix == ".json" and _OF_MODEL.search(head) and not _OF_DATA.search(head):
        names = some(dict.fromkeys(name.decode("ascii") for name in _KEY.findall(head)))
        fault = f"it describes a model ({names}); models are built by name from the program's list, never from a file"
        raise Fault(entry.name, fault, "Choose the model in the training panel")
