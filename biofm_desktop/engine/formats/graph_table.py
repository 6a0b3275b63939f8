"""CSV and TSV tables of edges: source, relation, target."""

from collections.abc import Iterator

from biofm_desktop.engine.samples import Edge, GraphSample, Node, Problem

from .base import Format
from .entry import Entry, shown
from .graph_checks import tell_loops
from .left_out import LeftOut
from .table import TABLES, header_of, read_table

_SOURCE, _TARGET = ("source", "head", "subject", "from"), ("target", "tail", "object", "to")
_RELATION = ("relation", "predicate", "edge", "relationship")


class GraphTable(Format):
    """A graph, one edge a row."""

    name, title, suffixes, takes = "graph-table", "Table of edges (CSV, TSV)", TABLES, GraphSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it is a table whose header names both ends of an edge and their relation."""
        names = {name.lower() for name in header_of(entry, head)} if entry.suffix in self.suffixes else set()
        return all(names & set(wanted) for wanted in (_SOURCE, _RELATION, _TARGET))

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[GraphSample]:
        """Give the one graph; edges without an end are left out and told."""
        table = read_table(entry, problems)
        places = [table.column(*names) for names in (_SOURCE, _RELATION, _TARGET)]
        left_out, edges = LeftOut(entry, "edges"), []
        for row, line in zip(table.rows, table.lines):
            source, relation, target = (shown(row[place].strip()) if place is not None else "" for place in places)
            missing = [
                word for word, cell in zip(("source", "relation", "target"), (source, relation, target)) if not cell
            ]
            if missing:
                left_out.add(f"line {line}", f"the edge has no {' and no '.join(missing)}")
            else:
                edges.append(Edge(source, relation, target))
        left_out.tell(len(edges), problems)
        tell_loops(entry, edges, problems)
        ends = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target))
        nodes = tuple(Node(end) for end in ends)
        yield GraphSample(key=entry.stem, source=entry.source, nodes=nodes, edges=tuple(edges))
