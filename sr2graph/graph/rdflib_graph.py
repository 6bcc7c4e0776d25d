"""A report as an rdflib Dataset."""

from __future__ import annotations

import rdflib

from sr2graph.dicom.report import Report
from sr2graph.graph.quads import report_iri, statements
from sr2graph.graph.statements import literal, split
from sr2graph.graph.vocabulary import PREFIXES


def to_rdflib(report: Report) -> rdflib.Dataset:
    """Return a Dataset with one named graph, the report's; prefixes are bound.

    Its default graph is the union of all, so that queries need no GRAPH clause.  Literals
    keep their text: 1.10 is not made 1.1.
    """
    dataset = rdflib.Dataset(default_union=True)
    for prefix, namespace in PREFIXES.items():
        dataset.bind(prefix, namespace, replace=True)
    graph = dataset.graph(rdflib.URIRef(report_iri(report)))
    terms = _Terms()
    iri = terms.iri
    graph.addN((iri(s), iri(p), terms.object(o), graph) for s, p, o in map(split, statements(report)))
    return dataset


class _Terms:
    """rdflib terms by their N-Triples notation; equal terms are one object."""

    def __init__(self) -> None:
        self._iris: dict[str, rdflib.URIRef] = {}
        self._literals: dict[str, rdflib.Literal] = {}

    def iri(self, term: str) -> rdflib.URIRef:
        """Return the IRI of a term."""
        known = self._iris.get(term)
        if known is None:
            known = self._iris[term] = rdflib.URIRef(term[1:-1])
        return known

    def object(self, term: str) -> rdflib.URIRef | rdflib.Literal:
        """Return the IRI or literal of a term."""
        if term[0] == "<":
            return self.iri(term)
        known = self._literals.get(term)
        if known is None:
            text, datatype = literal(term)
            kind = self.iri(f"<{datatype}>") if datatype else None
            known = self._literals[term] = rdflib.Literal(text, datatype=kind, normalize=False)
        return known
