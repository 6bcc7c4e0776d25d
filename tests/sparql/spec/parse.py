"""From rdflib's parse tree to terms and paths; rdflib's own algebra is not used."""

import re
from typing import Any

import rdflib
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from sr2graph.graph.vocabulary import PREFIXES
from tests.sparql.oracle import spelled_as_is
from tests.sparql.spec.paths import Alternative, Inverse, Link, Negated, Path, Repeated, Sequence
from tests.sparql.terms import Term, iri, literal, of_rdflib

INVERSE = "inverse:"
"""Scheme that marks `^p` in a negated property set: rdflib's parser forgets what stands after the ^."""
RDF_TYPE = PREFIXES["rdf"] + "type"

_PROLOGUE = "".join(
    f"PREFIX {name}: <{text}>\nPREFIX inverse-{name}: <{INVERSE}{text}>\n" for name, text in PREFIXES.items()
)
_NEGATED = re.compile(r"!\s*\([^()]*\)|!\s*\^\s*(?:<[^>]*>|a\b|[\w-]*:[\w.-]*)")


def parsed(query: str) -> CompValue:
    """Return the parse tree of a query."""
    with spelled_as_is():
        return parseQuery(_PROLOGUE + _NEGATED.sub(_marked, query))[1]


def _marked(match: re.Match[str]) -> str:
    text = re.sub(r"\^\s*<", f"<{INVERSE}", match[0])
    text = re.sub(r"\^\s*a\b(?!:)", f"<{INVERSE}{RDF_TYPE}>", text)
    return re.sub(r"\^\s*(?=[\w-]+:)", "inverse-", text)


Variable = rdflib.Variable
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
            name = node["prefix"] if "prefix" in node else ""
            prefixes = PREFIXES | {f"inverse-{key}": INVERSE + text for key, text in PREFIXES.items()}
            return iri(prefixes[name] + (node["localname"] if "localname" in node else ""))
        assert node.name == "literal", node
        language = str(node["lang"]) if "lang" in node else ""
        datatype = term(node["datatype"]).text if "datatype" in node else literal("").datatype
        return literal(str(node["string"]), datatype, language)
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
    return _negated([term(part) for part in node["part"]])


def _folded(combine: Any, parts: Any) -> Path:
    first, *rest = parts
    result = _path(first)
    for part in rest:
        result = combine(result, _path(part))
    return result


def _negated(members: list[Term]) -> Negated:
    """18.2.2.4: a set of both kinds looks both ways, each without its own members."""
    backward = [iri(member.text.removeprefix(INVERSE)) for member in members if member.text.startswith(INVERSE)]
    forward = [member for member in members if not member.text.startswith(INVERSE)]
    return Negated(
        frozenset(forward) if forward or not backward else None,
        frozenset(backward) if backward else None,
    )


def parts(node: CompValue, name: str) -> list[Any]:
    """Return the parts of a node under a name, none where it has none."""
    return list(node[name]) if name in node else []
