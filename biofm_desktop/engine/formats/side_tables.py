"""Tables that lie beside images: ``index.csv`` (one row an image) and ``classes.csv`` (value and name)."""

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry, Tree, bare_stem
from .groups import group_column
from .sequence_table import SPLIT, TARGET
from .splits import split_named
from .table import Table, read_table
from .told import problem_of

#: Columns that name files; the first `SURE` of them say so whatever lies beside the table.
FILE = ("file", "path", "filename", "file_name", "image", "image_path", "name", "case", "id")
SURE = 6
_COUNTS = ("n_nuclei", "n_cells", "n_objects", "n_instances", "count")
_INDEXES = ("index.csv", "index.tsv", "index.csv.gz", "labels.csv", "metadata.csv")
_MOST_CLASSES = 65_536


class Index:
    """The rows of an index by file: split, group, target and all cells."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.file = table.column(*FILE)
        self.target = table.column(*TARGET)
        self._split, self._group = table.column(*SPLIT), group_column(table)
        self.has_split = self._split is not None
        self.counts_objects = table.column(*_COUNTS) is not None
        self._rows = {} if self.file is None else {_place(row[self.file]): row for row in table.rows}
        self._by_stem = {bare_stem(place.rsplit("/", 1)[-1]): row for place, row in self._rows.items()}

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files named, in the order of the rows."""
        return tuple(self._rows)

    def row(self, entry: Entry) -> tuple[str, ...] | None:
        """Return the row of a file: by its place, else by its name without ending."""
        return self._rows.get(str(entry.path)) or self._by_stem.get(entry.stem)

    def row_named(self, name: str) -> tuple[str, ...] | None:
        """Return the row of a case by its bare name."""
        return self._by_stem.get(name)

    def facts(self, row: tuple[str, ...]) -> dict[str, object]:
        """Return what a row says of its sample, as fields of `Sample`."""
        if not row:
            return {}
        facts: dict[str, object] = {"columns": self.table.cells(row)}
        if self._split is not None:
            facts["split"] = split_named(row[self._split])
        if self._group is not None:
            facts["group"] = row[self._group].strip()
        if self.target is not None:
            facts["target"] = row[self.target].strip() or None
        return facts


def _place(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./")


def index_of(tree: Tree, problems: list[Problem]) -> Index | None:
    """Return the index at the top of a set of files; None where there is none that names files."""
    entry = tree.index or tree.find(*_INDEXES)
    if entry is None:
        return None
    try:
        index = Index(read_table(entry, problems))
    except Fault as fault:
        problems.append(problem_of(fault))
        return None
    return index if index.file is not None else None


def classes_of(tree: Tree, problems: list[Problem], *names: str) -> tuple[str, ...]:
    """Return the names in ``classes.csv`` (or one of ``names``) by their values; () where there is none."""
    entry = tree.find("classes.csv", "classes.tsv", *names)
    if entry is None:
        return ()
    try:
        table = read_table(entry, problems)
        return _by_value(table)
    except Fault as fault:
        problems.append(problem_of(fault))
        return ()


def _by_value(table: Table) -> tuple[str, ...]:
    value, name = table.column("value", "id", "class_id", "index", "label"), table.column("name", "class", "class_name")
    if name is None:
        name = 0 if len(table.columns) == 1 else 1
    if value is None or value == name:
        return tuple(row[name].strip() for row in table.rows)
    named: dict[int, str] = {}
    for row, line in zip(table.rows, table.lines):
        number = row[value].strip()
        if not number.isdecimal() or int(number) >= _MOST_CLASSES:
            fault = f"the value {number!r} is not a whole number from 0 to {_MOST_CLASSES - 1}"
            raise Fault(table.entry.name, fault, "Mend this line", place=f"line {line}")
        named[int(number)] = row[name].strip()
    if 0 not in named:
        named[0] = "background"
    return tuple(named.get(number, f"unnamed {number}") for number in range(max(named) + 1))
