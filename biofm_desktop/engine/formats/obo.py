"""OBO: ontologies, by obonet from a text that is open already (a name could be an address, and would be fetched)."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Edge, GraphSample, Node, Problem

from .base import Format
from .entry import Entry, shown
from .graph_checks import tell_loops
from .left_out import some
from .text_lines import COPY, text_of

_STANZA_ID = re.compile(r"^\[Term\][ \t]*\n(?:[^\[\n][^\n]*\n)*?id:[ \t]*([^\s!]+)", re.MULTILINE)
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
            raise Fault(entry.name, "a term has no id; the file may be truncated", COPY, place=place)
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
    import obonet

    text = re.sub(r"[ \t]{2,}", " ", text)  # obonet's pattern takes long over many blanks
    try:
        with _silence():
            return obonet.read_obo(StringIO(text))
    except Exception as error:
        fault = "it is no sound OBO: a line is not a tag, a colon and a value"
        raise Fault(entry.name, fault, COPY, detail=repr(error)) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what obonet logs from the terminal, and from making a handler of its own for it."""
    root, nobody, before = logging.getLogger(), logging.NullHandler(), logging.root.manager.disable
    root.addHandler(nobody)
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
        root.removeHandler(nobody)
