"""Named things and how they hang together: an ontology, a knowledge graph."""

from dataclasses import dataclass

from .base import Sample


@dataclass(frozen=True)
class Node:
    """A term of an ontology or a thing of a graph."""

    identity: str
    name: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Edge:
    """``source`` stands in ``relation`` to ``target``, by their identities; ``is_a`` leads to a parent."""

    source: str
    relation: str
    target: str


@dataclass(frozen=True, eq=False, kw_only=True)
class GraphSample(Sample):
    """A whole graph; every end of an edge is a node."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()

    def parents(self, identity: str) -> tuple[str, ...]:
        """Return what a term is a kind of."""
        return tuple(edge.target for edge in self.edges if edge.source == identity and edge.relation == "is_a")

    def __len__(self) -> int:
        return len(self.nodes)
