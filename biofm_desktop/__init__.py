"""BioFM Desktop: open, annotate, fine-tune, predict and export biological images and sequences."""

__version__ = "0.1.0"
