"""What a user can save: an explicit list of exports, and the one function that writes them."""

from .base import Export
from .entries import EXPORTS
from .write import default_export, export, fitting

__all__ = ["EXPORTS", "Export", "default_export", "export", "fitting"]
