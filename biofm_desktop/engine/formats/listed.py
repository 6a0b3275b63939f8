"""The list of formats, in the order in which they are asked; those that go by an ending come last."""

from biofm_desktop.engine.registry import Registry

from .base import Format
from .bed import Bed
from .coco import Coco
from .conll import Conll
from .data_table import DataTable
from .dicom import Dicom
from .embl import Embl
from .fasta import Fasta
from .fastq import Fastq
from .genbank import GenBank
from .geojson import GeoJson
from .gff3 import Gff3
from .graph_table import GraphTable
from .h5ad import H5ad
from .hdf5 import Hdf5
from .imagej_roi import ImageJRoi
from .labelme import LabelMe
from .medmnist import Npz
from .mmcif import MmCif
from .nifti import Nifti
from .nrrd_volume import Nrrd
from .numpy_arrays import Npy
from .obo import Obo
from .pdb import Pdb
from .plain_text import PlainText
from .raster import Bmp, Gif, Jpeg, Png
from .rules import Rules
from .sdf import Sdf
from .seq_xml import SeqXml
from .sequence_table import SequenceTable
from .smiles_file import SmilesFile
from .smiles_table import SmilesTable
from .spans_jsonl import SpansJsonl
from .text_table import TextTable
from .tiff import Tiff
from .vcf import Vcf
from .voc import Voc
from .xlsx import Xlsx
from .yolo import Yolo
from .zarr_image import Zarr

_BY_CONTENT: tuple[Format, ...] = (
    Zarr(),
    Png(),
    Jpeg(),
    Dicom(),
    Tiff(),
    Nifti(),
    Nrrd(),
    H5ad(),
    Hdf5(),
    Gif(),
    Bmp(),
    Npy(),
    Npz(),
    GenBank(),
)
_BIOLOGY: tuple[Format, ...] = (Embl(), Vcf(), Gff3(), Pdb(), MmCif(), Sdf(), Obo(), ImageJRoi(), Conll(), Yolo())
_MARKED_UP: tuple[Format, ...] = (Voc(), SeqXml(), Rules(), LabelMe(), GeoJson(), Coco())
_TABLES: tuple[Format, ...] = (SequenceTable(), SmilesTable(), GraphTable(), TextTable(), DataTable(), Xlsx())
_BY_ENDING: tuple[Format, ...] = (Bed(), SmilesFile(), SpansJsonl(), Fastq(), Fasta(), PlainText())

FORMATS: Registry[Format] = Registry("format", [*_BY_CONTENT, *_BIOLOGY, *_MARKED_UP, *_TABLES, *_BY_ENDING])
