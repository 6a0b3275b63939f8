"""GenBank: sequences with their features, also joined ones, strands and circles."""

from .flat_records import FlatRecords


class GenBank(FlatRecords):
    """GenBank and GenPept flat files."""

    name, title = "genbank", "GenBank records with features"
    suffixes = (".gb", ".gbk", ".genbank", ".gbff", ".gp")
    parser, called, first, origin, elsewhere = "genbank", "GenBank", "LOCUS", "ORIGIN", "CONTIG"
    length = r"LOCUS\s+\S+\s+(\d+)\s"
    feature = "     "
