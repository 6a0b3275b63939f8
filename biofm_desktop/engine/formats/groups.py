"""Whose a file or a row is: the words that people use for what must stay on one side of a split."""

import re
from collections.abc import Iterable

from .entry import Entry
from .table import Table

#: Columns that name a group. ``case`` is apart: it may also say that somebody is a case and no control.
GROUP = (
    "group",
    "patient",
    "patient_id",
    "patientid",
    "subject",
    "subject_id",
    "slide",
    "slide_id",
    "donor",
    "donor_id",
    "source_image",
    "family",
    "family_id",
    "cluster",
    "case_id",
)
_CASE = "case"
_NO_NAMES = {"", "0", "1", "yes", "no", "y", "n", "true", "false", "case", "control"}
_FOLDER = re.compile(
    r"sub-\w+|(sub|subj|subject|patient|pat|pt|slide|wsi|donor|case|family|mouse|rat|animal)[-_ ]?[a-z]?\d[\w.-]*",
    re.IGNORECASE,
)
_BIDS = re.compile(r"sub-[A-Za-z0-9]+(?=_)")


def group_column(table: Table) -> int | None:
    """Return the column that names groups; None where there is none."""
    stated, case = table.column(*GROUP), table.column(_CASE)
    if stated is None and case is not None and {row[case].strip().lower() for row in table.rows} - _NO_NAMES:
        return case
    return stated


def is_group_folder(name: str) -> bool:
    """Say whether a folder is called like one patient, slide or animal: such a word and a number (``patient_07``)."""
    return bool(_FOLDER.fullmatch(name))


def group_of(entry: Entry) -> str:
    """Return whose a file is by its name, as in BIDS (``sub-rat5_3``), or by a folder; else an empty text."""
    stated = _BIDS.match(entry.stem)
    return stated[0] if stated else group_of_folders(entry.path.parts[:-1])


def group_of_folders(folders: Iterable[str]) -> str:
    """Return the first folder that is called like a patient, slide or animal, else an empty text."""
    return next((name for name in folders if is_group_folder(name)), "")
