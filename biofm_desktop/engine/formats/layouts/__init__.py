"""The ways in which people lay out files; the first that matches is taken."""

from biofm_desktop.engine.registry import Registry

from ..base import Layout
from .annotated import Annotated
from .class_folders import ClassFolders
from .dicom_folder import DicomFolder
from .flat import Flat
from .index_table import IndexTable
from .paired import Paired
from .volumes import Volumes

LAYOUTS: Registry[Layout] = Registry(
    "layout", [Annotated(), Paired(), DicomFolder(), Volumes(), IndexTable(), ClassFolders(), Flat()]
)
