"""From rdflib's parse tree to terms and paths; rdflib's own algebra is not used."""

from functools import reduce
from typing import Any

import rdflib
from rdflib.plugins.sparql.parserutils import CompValue

from sr2graph.graph.vocabulary import PREFIXES
from tests.sparql.parsing import INVERSE, INVERSE_PREFIX, part
from tests.sparql.spec.paths import Alternative, Inverse, Link, Negated, Path, Repeated, Sequence
from tests.sparql.terms import STRING, Term, iri, literal, of_rdflib

NAMES = PREFIXES | {INVERSE_PREFIX + name: INVERSE + text for name, text in PREFIXES.items()}
"""What prefixes stand for; a query declares none of its own."""

Item = Term | str
"""A term, or the name of a variable; blank nodes of a query are variables."""


def item(node: Any) -> Item:
    """Return what stands in a pattern."""
    if isinstance(node, rdflib.Variable):
        return str(node)
    if isinstance(node, rdflib.BNode):
        return f"_:{node}"
    return term(node)


def term(node: Any) -> Term:
    """Return a constant of a query."""
    if isinstance(node, CompValue):
        if node.name == "pname":
            return iri(NAMES[part(node, "prefix") or ""] + (part(node, "localname") or ""))
        assert node.name == "literal", node
        datatype = term(node["datatype"]).text if "datatype" in node else STRING
        return literal(str(node["string"]), datatype, str(part(node, "lang") or ""))
    found = of_rdflib(node)
    assert found is not None
    return found


def path(node: Any) -> Path | str:
    """Return what stands in the place of a predicate: a path, or the name of a variable."""
    if isinstance(node, rdflib.Variable):
        return str(node)
    return _path(node)


def _path(node: Any) -> Path:
    if not isinstance(node, CompValue) or node.name == "pname":
        return Link(term(node))
    if node.name == "PathAlternative":
        return _folded(Alternative, node["part"])
    if node.name == "PathSequence":
        return _folded(Sequence, node["part"])
    if node.name == "PathElt":
        inner = _path(node["part"])
        return Repeated(inner, str(node["mod"])) if "mod" in node else inner
    if node.name == "PathEltOrInverse":
        return Inverse(_path(node["part"]))
    assert node.name == "PathNegatedPropertySet", node
    return _negated(list(map(term, node["part"])))


def _folded(combine: Any, nodes: Any) -> Path:
    return reduce(combine, map(_path, nodes))


def _negated(members: list[Term]) -> Negated:
    """18.2.2.4: a set of both kinds looks both ways, each without its own members."""
    backward = [iri(member.text.removeprefix(INVERSE)) for member in members if member.text.startswith(INVERSE)]
    forward = [member for member in members if not member.text.startswith(INVERSE)]
    return Negated(
        frozenset(forward) if forward or not backward else None,
        frozenset(backward) if backward else None,
    )
