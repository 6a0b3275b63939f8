"""OBO: ontologies, by obonet from a text that is open already (a name could be an address, and would be fetched)."""

import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Edge, GraphSample, Node, Problem

from .base import Format
from .entry import Entry, faults_of, shown
from .graph_checks import tell_loops
from .left_out import some
from .text_lines import text_of

_STANZA_ID = re.compile(r"^\[Term\]\s*\n(?:[^\[\n][^\n]*\n)*?id:[ \t]*([^\s!]+)", re.MULTILINE)
_LOOSE = re.compile(r"^\[Term\][^\n]*\n(?!(?:[^\[\n][^\n]*\n)*?id:)", re.MULTILINE)


class Obo(Format):
    """Terms with their names and parents; obsolete terms are left out."""

    name, title, suffixes, takes = "obo", "Ontology (OBO)", (".obo",), GraphSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it begins as OBO does, or has the ending."""
        return head.lstrip().startswith((b"format-version:", b"[Term]")) or entry.suffix in self.suffixes

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[GraphSample]:
        """Give the one ontology; doubled and missing terms and loops are told."""
        text = text_of(entry, problems, "OBO")
        stated = _STANZA_ID.findall(text)
        if not stated:
            raise Fault(entry.name, "it holds no term ([Term] with an id)", "Choose another file")
        if loose := _LOOSE.search(text):
            place = f"line {text[: loose.start()].count(chr(10)) + 1}"
            raise Fault(
                entry.name, "a term has no id; the file may be truncated", "Get a sound copy of it", place=place
            )
        doubled = [identity for identity, times in Counter(stated).items() if times > 1]
        if doubled:
            message = (
                f"{len(doubled)} terms are doubled (one id twice): {some(map(shown, doubled))}; the last was taken"
            )
            problems.append(Problem(entry.name, message))
        graph = _graph(entry, text)
        nodes = tuple(
            Node(shown(identity), shown(str(facts.get("name", ""))), shown(str(facts.get("namespace", ""))))
            for identity, facts in graph.nodes(data=True)
        )
        edges = tuple(
            Edge(shown(child), shown(str(kind)), shown(parent)) for child, parent, kind in graph.edges(keys=True)
        )
        missing = sorted(set(graph.nodes) - set(stated))
        if missing:
            message = f"{len(missing)} terms are named as parents but not in the file: {some(map(shown, missing))}"
            problems.append(Problem(entry.name, message))
        tell_loops(entry, edges, problems)
        yield GraphSample(key=entry.stem, source=entry.source, nodes=nodes, edges=edges)


def _graph(entry: Entry, text: str) -> Any:
    import logging

    import obonet

    logging.getLogger("obonet").setLevel(logging.ERROR)
    if not re.search(r"^(?:name|ontology):", text.partition("\n\n")[0], re.MULTILINE):
        text = f"ontology: unnamed{_gap(text)}{text}"  # without it obonet writes to the terminal
    with faults_of(entry):
        return obonet.read_obo(StringIO(text))


def _gap(text: str) -> str:
    return "\n\n" if text.lstrip().startswith("[") else "\n"
