"""Where the values of a query's variables come from: which patterns have a variable as their object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rdflib.paths import SequencePath
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Node, URIRef, Variable

from sr2graph.corpus.answer import template_of
from sr2graph.corpus.prebinding import assigned
from sr2graph.corpus.sparql.parse import Query

Origin = list[str | None]
"""[subject, predicate] of a pattern: an IRI, a variable with its question mark, or None for unknown."""


def origins(query: Query) -> dict[str, list[Origin]] | None:
    """Return variable -> the patterns that its literals come from, for the variables of a SELECT.

    A variable that the query gives a value to itself (AS, VALUES) is absent.  For a CONSTRUCT
    there are the patterns of its template under no name, for a DESCRIBE there is None: anything.
    """
    if query.form == "DESCRIBE":
        return None
    if query.form == "CONSTRUCT":
        return {"": [_origin(s, p, nested=True) for s, p, o in template_of(query.algebra) if isinstance(o, Variable)]}
    found: dict[str, list[Origin]] = {}
    own = {str(variable) for variable in query.algebra.PV or ()} - assigned(query.text)
    nodes = list(_nodes(query.algebra))
    # A variable within a subquery may be another one of the same name.
    nested = sum(node.name == "Project" for node in nodes) > 1
    for subject, predicate, target in (triple for node in nodes if node.name == "BGP" for triple in node.triples):
        if isinstance(target, Variable) and str(target) in own:
            found.setdefault(str(target), []).append(_origin(subject, predicate, nested=nested))
    return found


def _origin(subject: Node, predicate: Any, *, nested: bool) -> Origin:  # noqa: ANN401 # a path is no Node
    while isinstance(predicate, SequencePath):
        subject, predicate = BNode(), predicate.args[-1]
    if not isinstance(predicate, URIRef | Variable):
        return [None, None]
    return [_name(subject, nested=nested), _name(predicate, nested=nested)]


def _name(term: Node, *, nested: bool) -> str | None:
    if isinstance(term, URIRef):
        return str(term)
    return f"?{term}" if isinstance(term, Variable) and term and not nested else None


def _nodes(part: object) -> Iterator[CompValue]:
    """Yield the nodes of an algebra expression, at any depth."""
    if isinstance(part, CompValue):
        yield part
        for value in part.values():
            yield from _nodes(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _nodes(value)
