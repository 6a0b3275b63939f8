"""A panel that shows a sequence of any length: letters, ruler, features, scores, selection and search."""

from .panel import SequencePanel
from .view import SequenceView

__all__ = ["SequencePanel", "SequenceView"]
