"""The list of formats, in the order in which they are asked; those that go by an ending come last."""

from biofm_desktop.engine.registry import Registry

from .base import Format
from .dicom import Dicom
from .fasta import Fasta
from .fastq import Fastq
from .genbank import GenBank
from .medmnist import Npz
from .nifti import Nifti
from .numpy_arrays import Npy
from .raster import Bmp, Gif, Jpeg, Png
from .sequence_table import SequenceTable
from .tiff import Tiff

FORMATS: Registry[Format] = Registry(
    "format",
    [Png(), Jpeg(), Dicom(), Tiff(), Nifti(), Gif(), Bmp(), Npy(), Npz(), GenBank(), SequenceTable(), Fastq(), Fasta()],
)
