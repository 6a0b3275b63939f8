"""EMBL: what GenBank holds, written in Europe."""

from .flat_records import FlatRecords


class Embl(FlatRecords):
    """EMBL flat files, of ENA."""

    name, title, suffixes = "embl", "EMBL records with features", (".embl",)
    parser, called, first, origin, elsewhere = "embl", "EMBL", "ID  ", "SQ ", "CO "
    length = r"ID\s.*?(\d+) (?:BP|AA)\."
    feature = "FT   "

    def _with_origin(self, text: str) -> str:
        return text.removesuffix("//\n") + f"SQ   Sequence {self._claimed(text)} BP;\n//\n"
