"""The project on disk: a user's corrections, laid over data that is never written to."""

from .data import load
from .project import Project

__all__ = ["Project", "load"]
