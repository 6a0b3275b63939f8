"""The ways in which people lay out files; the first that matches is taken."""

from biofm_desktop.engine.registry import Registry

from ..base import Layout
from .class_folders import ClassFolders
from .flat import Flat
from .index_table import IndexTable
from .paired import Paired

LAYOUTS: Registry[Layout] = Registry("layout", [Paired(), IndexTable(), ClassFolders(), Flat()])
