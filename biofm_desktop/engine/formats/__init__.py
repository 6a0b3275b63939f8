"""Files to samples: one file a format, one a folder layout, and the two functions that open them.

A new format is one file here and one line in `listed`, a new layout one file and one line in `layouts`.
"""

from . import values_tables, values_text  # noqa: F401 - they register what is told of their kinds
from .inspect import inspect
from .layouts import LAYOUTS
from .listed import FORMATS
from .opening import open_data

__all__ = ["FORMATS", "LAYOUTS", "inspect", "open_data"]
