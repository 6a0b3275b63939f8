"""What files become."""

from .base import Grain, Sample
from .dataset import Dataset, Problem
from .facts import cells_of, facts_of
from .graph import Edge, GraphSample, Node
from .image import ImageSample, LazyImage
from .inputs import InputSpec
from .molecule import MoleculeSample
from .patience import PatientReader, ReadingEnded, patient
from .region import Region, RegionSample
from .rule import RuleSample
from .sequence import ALPHABETS, Alphabet, Feature, SequenceSample
from .structure import Chain, StructureSample
from .table import Column, Columns, TableSample
from .text import Span, TextSample
from .track import TrackSample

__all__ = [
    "ALPHABETS",
    "Alphabet",
    "Chain",
    "Column",
    "Columns",
    "Dataset",
    "Edge",
    "Feature",
    "Grain",
    "GraphSample",
    "ImageSample",
    "InputSpec",
    "LazyImage",
    "MoleculeSample",
    "Node",
    "PatientReader",
    "Problem",
    "ReadingEnded",
    "Region",
    "RegionSample",
    "RuleSample",
    "Sample",
    "SequenceSample",
    "Span",
    "StructureSample",
    "TableSample",
    "TextSample",
    "TrackSample",
    "cells_of",
    "facts_of",
    "patient",
]
