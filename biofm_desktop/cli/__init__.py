"""The same without a window: ``biofm``."""

from .main import main

__all__ = ["main"]
