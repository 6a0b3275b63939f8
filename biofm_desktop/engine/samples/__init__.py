"""What files become."""

from .base import Grain, Sample
from .dataset import Dataset, Problem
from .image import ImageSample, LazyImage
from .inputs import InputSpec
from .sequence import ALPHABETS, Alphabet, Feature, SequenceSample

__all__ = [
    "ALPHABETS",
    "Alphabet",
    "Dataset",
    "Feature",
    "Grain",
    "ImageSample",
    "InputSpec",
    "LazyImage",
    "Problem",
    "Sample",
    "SequenceSample",
]
