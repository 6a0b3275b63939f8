"""The list of exports."""

from biofm_desktop.engine.registry import Registry

from .base import Export
from .csv_table import CsvTable
from .gff3 import Gff3
from .label_nifti import LabelNifti
from .label_png import LabelPng
from .label_tiff import CertaintyTiff, LabelTiff

EXPORTS: Registry[Export] = Registry(
    "export format", (LabelTiff(), LabelPng(), LabelNifti(), CertaintyTiff(), CsvTable(), Gff3())
)
