"""The list of formats, in the order in which they are asked; those that go by an ending come last."""

from biofm_desktop.engine.registry import Registry

from .base import Format
from .fasta import Fasta
from .medmnist import MedMnist
from .raster import Bmp, Gif, Jpeg, Png
from .sequence_table import SequenceTable
from .tiff import Tiff

FORMATS: Registry[Format] = Registry(
    "format",
    [Png(), Jpeg(), Tiff(), Gif(), Bmp(), MedMnist(), SequenceTable(), Fasta()],
)
