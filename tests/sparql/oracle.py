"""What other engines answer: pyoxigraph, and rdflib as the third opinion.

pyoxigraph reads a union of graphs as a multiset (`use_default_graph_as_union`), where SPARQL
has a set of triples.  So the union is made here, as a default graph of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import pyoxigraph
import rdflib
from pyoxigraph import DefaultGraph, Quad

from sr2graph.graph.vocabulary import PREFIXES
from tests.sparql.parsing import spelled_as_is
from tests.sparql.shape import Sources, sources, with_parameters, without_order, without_sources
from tests.sparql.terms import Row, Term, Triple, of_oxigraph, of_rdflib

Parameters = Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class Table:
    """The solutions of a SELECT query, in the order the engine gave them."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Statements:
    """The graph of a CONSTRUCT or DESCRIBE query."""

    triples: frozenset[Triple]


Answer = Table | Statements | bool


class CannotAnswerError(Exception):
    """An oracle does not take a query."""


class Oracle(Protocol):
    """An engine that can be asked for the whole answer of a query."""

    def whole(self, query: str, parameters: Parameters | None = None) -> Answer:
        """Return the answer without ORDER BY, LIMIT and OFFSET; raises CannotAnswerError."""


def query_text(query: str, parameters: Parameters | None) -> str:
    """Return a query with its parameters put in."""
    return with_parameters(query, {name: str(term) for name, term in (parameters or {}).items()})


class Remembered:
    """An oracle that several tests ask the same."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._found: dict[str, Answer | CannotAnswerError] = {}

    def whole(self, query: str, parameters: Parameters | None = None) -> Answer:
        """Return what the oracle answers, or raise what it raises."""
        text = query_text(query, parameters)
        if text not in self._found:
            try:
                self._found[text] = self._oracle.whole(query, parameters)
            except CannotAnswerError as cause:
                self._found[text] = cause
        found = self._found[text]
        if isinstance(found, CannotAnswerError):
            raise CannotAnswerError(str(found)) from found
        return found


class Oxigraph:
    """pyoxigraph over some quads; the default graph is the set of all their triples, or of those FROM names."""

    def __init__(self, quads: list[Quad]) -> None:
        self.quads = quads
        self.store = pyoxigraph.Store()
        self.store.bulk_extend(quads)
        self.store.bulk_extend(Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in quads)

    def whole(self, query: str, parameters: Parameters | None = None) -> Answer:
        """Return the answer of a query without ORDER BY, LIMIT and OFFSET.

        An order over literals of several kinds makes pyoxigraph panic, which can end the process.
        Raises CannotAnswerError for what it rejects.
        """
        text = without_order(query_text(query, parameters))
        try:
            found = self._store(text).query(without_sources(text), prefixes=PREFIXES)
            if isinstance(found, pyoxigraph.QueryBoolean):
                return bool(found)
            if isinstance(found, pyoxigraph.QueryTriples):
                return Statements(frozenset(_triple(*map(of_oxigraph, triple)) for triple in found))
            variables = tuple(variable.value for variable in found.variables)
            return Table(variables, tuple(tuple(map(of_oxigraph, row)) for row in found))
        except (SyntaxError, ValueError, RuntimeError, OSError) as cause:
            raise CannotAnswerError(str(cause)) from cause

    def _store(self, text: str) -> pyoxigraph.Store:
        named = sources(text)
        if named is None:
            return self.store
        graphs = pyoxigraph.Store()
        for quad in self.quads:
            name = _graph_name(quad)
            if name in named.named:
                graphs.add(quad)
            if name in named.default:
                graphs.add(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()))
        return graphs


def _graph_name(quad: Quad) -> str:
    return "" if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name.value


def _triple(subject: Term | None, predicate: Term | None, object_: Term | None) -> Triple:
    assert subject is not None
    assert predicate is not None
    assert object_ is not None
    return subject, predicate, object_


class Rdflib:
    """rdflib over some quads, read as `Oxigraph` reads them."""

    def __init__(self, quads: list[Quad]) -> None:
        self.quads = quads

    @cached_property
    def dataset(self) -> rdflib.Dataset:
        """All named graphs, and their union as the default graph."""
        return self._dataset(None)

    def _dataset(self, named: Sources | None) -> rdflib.Dataset:
        made = rdflib.Dataset()
        for quad in self.quads:
            name = _graph_name(quad)
            triple = _rdflib_triple(quad)
            if named is None or name in named.named:
                made.graph(rdflib.URIRef(name)).add(triple)
            if named is None or name in named.default:
                made.default_graph.add(triple)
        return made

    def whole(self, query: str, parameters: Parameters | None = None) -> Answer:
        """Return the answer of a query without ORDER BY, LIMIT and OFFSET.

        Raises CannotAnswerError for what rdflib rejects or breaks on.
        """
        text = without_order(query_text(query, parameters))
        named = sources(text)
        with spelled_as_is():
            dataset = self.dataset if named is None else self._dataset(named)
            try:
                return _rdflib_answer(dataset.query(without_sources(text), initNs=PREFIXES))
            except Exception as cause:  # what rdflib's evaluation raises is of every kind
                raise CannotAnswerError(f"{type(cause).__name__}: {cause}") from cause


def _rdflib_triple(quad: Quad) -> tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]:
    subject, predicate, object_ = (_to_rdflib(term) for term in (quad.subject, quad.predicate, quad.object))
    return subject, predicate, object_


@lru_cache(maxsize=100_000)
def _to_rdflib(term: object) -> rdflib.term.Node:
    found = of_oxigraph(term)
    assert found is not None
    if found.kind != "literal":
        return rdflib.URIRef(found.text)
    if found.language:
        return rdflib.Literal(found.text, lang=found.language)
    # rdflib holds a literal without a datatype and the same xsd:string for two terms; SPARQL for one.
    datatype = None if found.datatype.endswith("#string") else rdflib.URIRef(found.datatype)
    return rdflib.Literal(found.text, datatype=datatype, normalize=False)


def _rdflib_answer(found: rdflib.query.Result) -> Answer:
    if found.type == "ASK":
        return bool(found.askAnswer)
    if found.type in ("CONSTRUCT", "DESCRIBE"):
        return Statements(frozenset(_triple(*map(of_rdflib, triple)) for triple in found.graph or ()))
    variables = tuple(map(str, found.vars or ()))
    rows: Iterable[Any] = found
    return Table(variables, tuple(tuple(map(of_rdflib, row)) for row in rows))
