"""Which graphs a query looks at: the default graph, named graphs, and which reports make them up."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib.plugins.sparql.parserutils import CompValue

from sr2graph.corpus.sparql.parse import Query

_GRAPH = frozenset({"Graph", "GraphGraphPattern"})
_TRIPLES = frozenset({"BGP", "TriplesBlock"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What must be there for a query to be answered."""

    looks_at_default: bool
    """Some pattern stands outside GRAPH."""
    looks_at_named: bool
    """Some pattern stands within GRAPH."""
    default: frozenset[str] | None
    """The graphs that make up the default graph; None for all."""
    named: frozenset[str] | None
    """The graphs that GRAPH finds; None for all."""

    def in_default(self, iri: str) -> bool:
        """Tell whether the statements of a report belong into the default graph."""
        return self.looks_at_default and (self.default is None or iri in self.default)

    def in_named(self, iri: str) -> bool:
        """Tell whether they belong into a graph of their own."""
        return self.looks_at_named and (self.named is None or iri in self.named)


def scope(query: Query) -> Scope:
    """Return what a query looks at."""
    outside, within = _places(query.algebra)
    clauses = query.algebra.datasetClause
    return Scope(
        outside or query.form == "DESCRIBE",
        within,
        frozenset(str(c.default) for c in clauses if c.default) if clauses else None,
        frozenset(str(c.named) for c in clauses if c.named) if clauses else None,
    )


def _places(part: object) -> tuple[bool, bool]:
    """Return whether patterns stand outside GRAPH, and whether there is a GRAPH."""
    if isinstance(part, CompValue):
        if part.name in _GRAPH:
            return False, True
        if part.name in _TRIPLES:
            return bool(part.triples), False
        return _places(list(part.values()))
    if isinstance(part, list | tuple):
        found = [_places(value) for value in part]
        return any(outside for outside, _ in found), any(within for _, within in found)
    return False, False
