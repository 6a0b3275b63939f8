"""The project on disk: a user's corrections, laid over data that is never written to."""

from .data import is_project, load
from .project import Project

__all__ = ["Project", "is_project", "load"]
