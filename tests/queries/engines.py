"""The engines that must give the known answers, behind one door: `ask(text, parameters)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyoxigraph
import rdflib
from rdflib.term import Node

from sr2graph.corpus.corpus import Corpus
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.result import Solutions
from sr2graph.dicom.report import Report

NUMBERS = frozenset(f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("integer", "decimal", "double", "float"))

Cell = str | Decimal | None
"""`<iri>`, a number, any other literal as its text, or None where a variable is unbound."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answers."""

    variables: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


Ask = Callable[[str, Mapping[str, Node]], Answer]


def literal(text: str, datatype: str | None) -> Cell:
    return Decimal(text) if datatype in NUMBERS else text


# ---------------------------------------------------------------- pyoxigraph, on plain RDF


def oxigraph(reports: Iterable[Report], _: Path) -> Ask:
    """A store with the N-Quads of the reports; the default graph is the union of their graphs."""
    store = pyoxigraph.Store()
    for report in reports:
        store.bulk_extend(pyoxigraph.parse(report.to_nquads().encode(), format=pyoxigraph.RdfFormat.N_QUADS))

    def ask(text: str, parameters: Mapping[str, Node]) -> Answer:
        found = store.query(text, use_default_graph_as_union=True, substitutions=substitutions(parameters))
        assert isinstance(found, pyoxigraph.QuerySolutions)
        names = tuple(variable.value for variable in found.variables)
        return Answer(names, [tuple(map(oxigraph_cell, row)) for row in found])

    return ask


def substitutions(parameters: Mapping[str, Node]) -> Any:
    return {pyoxigraph.Variable(name): oxigraph_term(term) for name, term in parameters.items()}


def oxigraph_term(term: Node) -> pyoxigraph.NamedNode | pyoxigraph.Literal:
    if isinstance(term, rdflib.Literal):
        return pyoxigraph.Literal(str(term), datatype=pyoxigraph.NamedNode(str(term.datatype or rdflib.XSD.string)))
    return pyoxigraph.NamedNode(str(term))


def oxigraph_cell(term: Any) -> Cell:
    if isinstance(term, pyoxigraph.Literal):
        return literal(term.value, term.datatype.value)
    return f"<{term.value}>" if term is not None else None


# ---------------------------------------------------------------- the corpus, on its tables


def corpus(reports: Iterable[Report], folder: Path) -> Ask:
    """A corpus that the reports were added to."""
    ingest_reports(folder, reports)
    held = Corpus(folder)

    def ask(text: str, parameters: Mapping[str, Node]) -> Answer:
        found = held.query(text, params=dict(parameters))
        assert isinstance(found, Solutions)
        return Answer(found.variables, [tuple(map(rdflib_cell, row)) for row in found])

    return ask


def rdflib_cell(term: Any) -> Cell:
    if isinstance(term, rdflib.Literal):
        return literal(str(term), str(term.datatype))
    return f"<{term}>" if term is not None else None


ENGINES = {"oxigraph": oxigraph, "corpus": corpus}
