"""Which variables a pattern can bind (SPARQL 18.2.1): what SELECT * selects, bound by a solution or not."""

from __future__ import annotations

from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable


def in_scope(node: CompValue) -> set[Variable]:
    """Return the variables that are in scope behind an algebra node, as rdflib makes them.

    A subselect has those of its own SELECT that are in scope in it: rdflib makes SELECT * there
    a list of all that occur.
    """
    if node.name == "BGP":
        return _variables(term for triple in node.triples for term in triple)
    if node.name == "values":
        return _variables(variable for row in node.res for variable in row)
    if node.name == "Project":
        return in_scope(node.p) & set(node.PV)
    found = _variables([node.get("term"), node.get("var")])
    for name in ("p", "p1") if node.name == "Minus" else ("p", "p1", "p2"):
        part = node.get(name)
        if isinstance(part, CompValue):
            found |= in_scope(part)
    return found


def _variables(terms: Any) -> set[Variable]:  # noqa: ANN401 # terms, paths and whatever else rdflib puts there
    return {term for term in terms if isinstance(term, Variable)}
