"""A folder of DICOM slices: one volume for each series."""

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Dataset, Problem

from ..base import Layout
from ..dicom import Dicom, volume
from ..dicom_directory import is_directory, tell_directory
from ..dicom_header import Slice, read_slice
from ..dicom_space import series_of
from ..entry import Entry, Tree
from ..keys import with_unique_keys
from ..told import problem_of

_ASKED = 20
_NO_PICTURES = {"SEG", "RTSTRUCT", "RTPLAN", "RTDOSE", "SR", "PR", "KO"}


class DicomFolder(Layout):
    """Slices in any order and under any name; other files are left out."""

    name, title = "dicom-folder", "Slices of DICOM series"

    def matches(self, tree: Tree) -> bool:
        """Say whether at least half of the first files are DICOM by ending or content."""
        asked = tree.entries[:_ASKED]
        return bool(asked) and 2 * sum(_is_dicom(entry) for entry in asked) >= len(asked)

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return a volume for each series; files without a picture become problems."""
        slices: list[Slice] = []
        left_out: list[str] = []
        for entry in tree.entries:
            if not _is_dicom(entry):
                left_out.append(entry.name)
                continue
            try:
                if is_directory(entry):
                    tell_directory(entry, tree, problems)
                    continue
                item = read_slice(entry, problems)
            except Fault as fault:
                problems.append(problem_of(fault))
                continue
            if item.modality in _NO_PICTURES:
                problems.append(Problem(entry.name, f"it is of kind {item.modality}, not a picture; it was left out"))
            else:
                slices.append(item)
        if left_out:
            names = ", ".join(left_out[:5]) + (" ..." if len(left_out) > 5 else "")
            problems.append(Problem(names, f"{len(left_out)} files that are not DICOM were left out"))
        samples = [volume(part, problems) for part in series_of(slices, problems)] if slices else []
        return Dataset(tree.name, with_unique_keys(samples), source=tree.root)


def _is_dicom(entry: Entry) -> bool:
    try:
        return Dicom().sniff(entry, entry.head())
    except Fault:
        return False
